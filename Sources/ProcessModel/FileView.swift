internal import CPicoHost
internal import Glibc

/// The guest's view of the host's files as the supervisor knows it: the directories that `--root` and `--bind` put
/// under other names. The stubs look names up for themselves, in the copy that the silo's header holds; this one is for
/// program interpreters, and cannot be changed by a guest.
package struct FileView: Sendable, Equatable {
  /// Names below `guest` lie below `host`. The root's guest name is empty.
  package struct Place: Sendable, Equatable {
    package var guest: String
    package var host: String

    package init(guest: String, host: String) {
      self.guest = guest
      self.host = host
    }
  }

  /// Longest guest name first.
  package let places: [Place]
  /// What the root lacks is not looked for on the host.
  package let isWhole: Bool

  package init(places: [Place] = [], isWhole: Bool = false) {
    self.places = places.sorted { $0.guest.utf8.count > $1.guest.utf8.count }
    self.isWhole = isWhole
  }

  package var isEmpty: Bool { places.isEmpty }

  /// The host's name of an absolute guest name, symbolic links followed in the guest's terms.
  package func hostName(_ name: String) -> String {
    guard !isEmpty else { return name }
    var rest = Self.components(name)
    var walked: [String] = []
    var links = 0
    while !rest.isEmpty {
      let component = rest.removeFirst()
      if component == "." { continue }
      if component == ".." {
        _ = walked.popLast()
        continue
      }
      walked.append(component)
      guard links < 40, let link = Self.readLink(place(walked)) else { continue }
      links += 1
      if link.hasPrefix("/") { walked = [] } else { walked.removeLast() }
      rest = Self.components(link) + rest
    }
    return place(walked)
  }

  /// The guest's name of an absolute host name; outside the view it is the same.
  package func guestName(_ path: String) -> String {
    let best = places.filter { Self.lies(path, below: $0.host) }.max { $0.host.utf8.count < $1.host.utf8.count }
    guard let best else { return path }
    let name = best.guest + path.dropFirst(best.host.count)
    return name.isEmpty ? "/" : name
  }

  /// Where the file is that these components name.
  private func place(_ components: [String]) -> String {
    let name = "/" + components.joined(separator: "/")
    guard let place = places.first(where: { Self.lies(name, below: $0.guest) }) else { return name }
    let host = place.host + name.dropFirst(place.guest.count)
    if !place.guest.isEmpty || isWhole { return host }
    return Self.exists(host) || !Self.exists(name) ? host : name
  }

  private static func components(_ name: String) -> [String] { name.split(separator: "/").map(String.init) }

  private static func lies(_ name: String, below directory: String) -> Bool {
    directory.isEmpty || name == directory || name.hasPrefix(directory + "/")
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func readLink(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: 4096)
    let length = pico_read_link(path, &target, 4095)
    guard length > 0 else { return nil }
    return String(decoding: target[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
