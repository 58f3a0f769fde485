// swift-tools-version: 6.2
import PackageDescription

/// Every ordinary Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // So that the linker can order functions (decision 0005).
  .unsafeFlags(["-Xfrontend", "-function-sections"]),
]

/// The stub: freestanding, no runtime, no vector registers (the guest's are never saved), at a fixed high address.
let freestandingSwift: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .enableExperimentalFeature("Embedded"),
  .unsafeFlags([
    "-wmo", "-Osize", "-parse-as-library", "-Xfrontend", "-disable-stack-protector", "-Xfrontend",
    "-function-sections", "-Xcc", "-mno-sse", "-Xcc", "-mno-mmx", "-Xcc", "-msoft-float",
  ]),
]
let freestandingC: [CSetting] = [
  .unsafeFlags([
    "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-mno-sse", "-mno-mmx", "-msoft-float", "-mno-red-zone",
    "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-Os", "-Wno-initializer-overrides",
  ])
]
let freestandingLink: [LinkerSetting] = [
  .unsafeFlags([
    "-use-ld=lld", "-nostartfiles", "-Xclang-linker", "-nostdlib", "-Xclang-linker", "-nostartfiles", "-Xclang-linker",
    "-static", "-Xlinker", "--gc-sections", "-Xlinker", "--image-base=0x7e0000000000",
    // What every call, fork and start runs stands together, behind the tables and in their mapping (decision 0009).
    "-Xlinker", "--no-rosegment", "-Xlinker",
    "--symbol-ordering-file=\(Context.packageDirectory)/Sources/PicoProvider/Stub/order.txt", "-Xlinker",
    "--no-warn-symbol-ordering", "-Xlinker", "-z", "-Xlinker", "norelro",
  ])
]

let dispatch = "Sources/Dispatch+Syscalls"
let package = Package(
  name: "picorun",
  products: [
    .executable(name: "picorun", targets: ["picorun"]),
    .executable(name: "picostub", targets: ["picostub"]),
    .executable(name: "tablegen", targets: ["tablegen"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // C and assembly.
    .target(name: "CPicoABI", path: "Sources/PicoProvider/CPicoABI", cSettings: freestandingC),
    .target(
      name: "CPicoHost", dependencies: ["CPicoABI"], path: "Sources/PicoProvider/CPicoHost",
      linkerSettings: [.linkedLibrary("unwind-x86_64")]),
    .target(
      name: "CPicoEntry", dependencies: ["CPicoABI"], path: "Sources/PicoProvider/Stub/CPicoEntry",
      cSettings: freestandingC),

    // The resident half.
    .executableTarget(
      name: "picostub", dependencies: ["CPicoABI", "CPicoEntry"], path: "Sources/PicoProvider/Stub/Core",
      swiftSettings: freestandingSwift, linkerSettings: freestandingLink),

    // The supervisor.
    .target(
      name: "PicoProvider", dependencies: ["CPicoABI", "CPicoHost"], path: "Sources/PicoProvider",
      exclude: ["CPicoABI", "CPicoHost", "Stub"], swiftSettings: strict),
    .target(name: "ProcessModel", dependencies: ["PicoProvider"], path: "Sources/ProcessModel", swiftSettings: strict),
    .target(
      name: "ExceptionDispatch", dependencies: ["ProcessModel", "PicoProvider", "CPicoHost"],
      path: "Sources/ExceptionDispatch", swiftSettings: strict),
    .target(
      name: "SyscallDispatch", dependencies: ["ProcessModel", "PicoProvider", "CPicoABI", "TableModel"],
      path: "\(dispatch)/SyscallDispatch", swiftSettings: strict),
    .target(
      name: "FreeBSDPersonality", dependencies: ["SyscallDispatch", "ExceptionDispatch"], path: "\(dispatch)/FreeBSD",
      exclude: ["Resident"], swiftSettings: strict),
    .target(
      name: "LinuxPersonality", dependencies: ["SyscallDispatch", "ExceptionDispatch"], path: "\(dispatch)/Linux",
      exclude: ["Resident"], swiftSettings: strict),
    .executableTarget(
      name: "picorun",
      dependencies: [
        "FreeBSDPersonality", "LinuxPersonality", "ExceptionDispatch", "CPicoHost",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/picorun", exclude: ["order.txt"], swiftSettings: strict,
      // Starts in half the time, and on any host (decision 0005). The package-wide switch would reach the stub as well.
      linkerSettings: [
        .unsafeFlags([
          "-static-executable", "-use-ld=lld", "-Xlinker", "--gc-sections", "-l_FoundationCollections",
          "-l_FoundationCShims", "-Xlinker",
          "--wrap=swift_copyAuxiliaryExecutablePath", "-Xlinker",
          "--symbol-ordering-file=\(Context.packageDirectory)/Sources/picorun/order.txt", "-Xlinker",
          "--no-warn-symbol-ordering",
        ])
      ]),

    // The table generator.
    .target(name: "TableModel", path: "syscall-tables/tablegen/Model", swiftSettings: strict),
    .target(
      name: "TableGenerator", dependencies: ["TableModel"], path: "syscall-tables/tablegen/Generator",
      swiftSettings: strict),
    .executableTarget(
      name: "tablegen", dependencies: ["TableGenerator"], path: "syscall-tables/tablegen/Command",
      swiftSettings: strict),

    .testTarget(name: "PicoProviderTests", dependencies: ["PicoProvider"]),
    .testTarget(name: "ProcessModelTests", dependencies: ["ProcessModel", "PicoProvider", "CPicoHost"]),
    .testTarget(name: "ExceptionDispatchTests", dependencies: ["ExceptionDispatch"]),
    .testTarget(name: "SyscallDispatchTests", dependencies: ["FreeBSDPersonality", "LinuxPersonality"]),
    .testTarget(name: "TablegenTests", dependencies: ["TableGenerator"]),
  ]
)
