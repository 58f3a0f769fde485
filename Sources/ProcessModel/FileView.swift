internal import CPicoHost
internal import Glibc

/// The guest's view of the host's files as the supervisor knows it: the directories that `--root` and `--bind` put
/// under other names. The stubs look names up for themselves, in the copy that the silo's header holds; this one is for
/// program interpreters, and cannot be changed by a guest.
package struct FileView: Sendable, Equatable {
  /// Names below `guest` lie below `host`. The root's guest name is empty.
  package struct Place: Sendable, Equatable {
    package var guest: FileName
    package var host: FileName

    package init(guest: FileName, host: FileName) {
      self.guest = guest
      self.host = host
    }
  }

  /// Longest guest name first.
  package let places: [Place]
  /// What the root lacks is not looked for on the host.
  package let isWhole: Bool

  package init(places: [Place] = [], isWhole: Bool = false) {
    self.places = places.sorted { $0.guest.bytes.count > $1.guest.bytes.count }
    self.isWhole = isWhole
  }

  package var isEmpty: Bool { places.isEmpty }

  /// The host's name of an absolute guest name, symbolic links followed in the guest's terms.
  package func hostName(_ name: FileName) -> FileName {
    guard !isEmpty else { return name }
    var rest = name.components
    var walked: [FileName] = []
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
      if link.isAbsolute { walked = [] } else { walked.removeLast() }
      rest = link.components + rest
    }
    return place(walked)
  }

  /// The guest's name of an absolute host name; outside the view it is the same.
  package func guestName(_ path: FileName) -> FileName {
    let best = places.filter { path.lies(below: $0.host) }.max { $0.host.bytes.count < $1.host.bytes.count }
    guard let best else { return path }
    let name = best.guest + path.dropFirst(best.host.bytes.count)
    return name.isEmpty ? "/" : name
  }

  /// Where the file is that these components name.
  private func place(_ components: [FileName]) -> FileName {
    let name = FileName(components: components)
    guard let place = places.first(where: { name.lies(below: $0.guest) }) else { return name }
    let host = place.host + name.dropFirst(place.guest.bytes.count)
    if !place.guest.isEmpty || isWhole { return host }
    return Self.exists(host) || !Self.exists(name) ? host : name
  }

  private static func exists(_ path: FileName) -> Bool {
    var status = stat()
    return path.withCString { lstat($0, &status) } == 0
  }

  private static func readLink(_ path: FileName) -> FileName? { path.withCString { FileName(linkAt: $0) } }
}
