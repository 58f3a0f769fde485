/// The most that somebody outside may do to a provider's processes and threads. Windows' bits.
package struct PicoAccessMask: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Instead of the standard library's, which is not specialised across modules: it looks its protocols up at every
  /// start, as does a literal of several (decision 0005).
  package func union(_ other: PicoAccessMask) -> PicoAccessMask { PicoAccessMask(rawValue: rawValue | other.rawValue) }

  package static let THREAD_TERMINATE = PicoAccessMask(rawValue: 0x0001)
  package static let THREAD_SUSPEND_RESUME = PicoAccessMask(rawValue: 0x0002)
  package static let THREAD_QUERY_LIMITED_INFORMATION = PicoAccessMask(rawValue: 0x0800)

  package static let PROCESS_TERMINATE = PicoAccessMask(rawValue: 0x0001)
  package static let PROCESS_VM_READ = PicoAccessMask(rawValue: 0x0010)
  package static let PROCESS_VM_WRITE = PicoAccessMask(rawValue: 0x0020)
  package static let PROCESS_QUERY_LIMITED_INFORMATION = PicoAccessMask(rawValue: 0x1000)

  package static let SYNCHRONIZE = PicoAccessMask(rawValue: 0x0010_0000)

  /// Every bit that means something: the specific rights and the standard ones. Registration refuses others.
  package static let all = PicoAccessMask(rawValue: 0x001F_FFFF)
}

/// What a query for a process's subsystem answers. 0 and 1 are Windows' own; others are free for personalities.
package struct SubsystemInformationType: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let Win32 = SubsystemInformationType(rawValue: 0)
  package static let WSL = SubsystemInformationType(rawValue: 1)
}

/// Addresses `address ..< address + size`.
package struct PicoAddressRange: Hashable, Sendable {
  package var address: UInt64
  package var size: UInt64

  package init(address: UInt64, size: UInt64) {
    self.address = address
    self.size = size
  }
}
