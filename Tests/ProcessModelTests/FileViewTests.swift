import Foundation
import Testing

@testable import ProcessModel

/// The supervisor's half of views: where program interpreters are found.
struct FileViewTests {
  /// A root with links in it, and what makes it.
  private static func withRoot(_ body: (FileName) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("view-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = FileManager.default
    for name in ["libexec", "usr/libexec", "shared"] {
      try files.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    try Data("loader".utf8).write(to: folder.appendingPathComponent("libexec/ld.so"))
    let links = [
      "usr/libexec/ld.so": "/libexec/ld.so", "up": "../../../libexec/ld.so", "usr/lib": "/libexec", "loop": "/loop",
    ]
    for (name, target) in links {
      try files.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
    }
    guard let path = realpath(folder.path, nil) else { return }
    defer { free(path) }
    try body(FileName(cString: path))
  }

  @Test("Links of the root lead to places in the root")
  func linksStayInside() throws {
    try Self.withRoot { root in
      let view = FileView(places: [.init(guest: "", host: root)])
      for name in [
        "/libexec/ld.so", "/usr/libexec/ld.so", "/up", "/usr/lib/ld.so", "/../libexec/./ld.so",
        "/usr/lib/../usr/lib/ld.so",
      ] {
        #expect(view.hostName(FileName(name)) == root + "/libexec/ld.so", "\(name)")
      }
    }
  }

  @Test("What the root lacks is the host's, unless the root is whole")
  func hostBehindTheRoot() throws {
    try Self.withRoot { root in
      let places = [FileView.Place(guest: "", host: root)]
      #expect(FileView(places: places).hostName("/dev/null") == "/dev/null")
      #expect(FileView(places: places).hostName("/absent") == root + "/absent")
      #expect(FileView(places: places, isWhole: true).hostName("/dev/null") == root + "/dev/null")
    }
  }

  @Test("The longest bound name counts, and only whole components of it")
  func binds() throws {
    try Self.withRoot { root in
      let view = FileView(places: [
        .init(guest: "", host: root), .init(guest: "/src", host: "/etc"), .init(guest: "/src/deep", host: "/usr"),
      ])
      #expect(view.hostName("/src/passwd") == "/etc/passwd")
      #expect(view.hostName("/src/deep/bin") == "/usr/bin")
      #expect(view.hostName("/srcs") == root + "/srcs")
      #expect(view.hostName("/src/deep/../../libexec/ld.so") == root + "/libexec/ld.so")
    }
  }

  @Test("A loop of links ends")
  func loops() throws {
    try Self.withRoot { root in
      #expect(FileView(places: [.init(guest: "", host: root)]).hostName("/loop/x").lies(below: root))
    }
  }

  @Test("The host's names are turned back")
  func guestNames() {
    let view = FileView(places: [
      .init(guest: "", host: "/srv/root"), .init(guest: "/src", host: "/srv/root/inner"),
      .init(guest: "/all", host: ""),
    ])
    #expect(view.guestName("/srv/root/bin/sh") == "/bin/sh")
    #expect(view.guestName("/srv/root") == "/")
    #expect(view.guestName("/srv/root/inner/a") == "/src/a")
    #expect(view.guestName("/home") == "/all/home")
    #expect(FileView().guestName("/home") == "/home")
  }
}
