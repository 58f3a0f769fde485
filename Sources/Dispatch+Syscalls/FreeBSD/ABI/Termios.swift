/// Terminal attributes (`sys/_termios.h`), the guest's and the host's, and the conversion between them.
extension FreeBSD {
  package typealias ControlBytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8
  )

  /// `struct termios`, 44 bytes. Speeds are plain numbers.
  package struct Termios: BitwiseCopyable {
    package var c_iflag: UInt32 = 0
    package var c_oflag: UInt32 = 0
    package var c_cflag: UInt32 = 0
    package var c_lflag: UInt32 = 0
    /// The guest's twenty control characters; the last is spare.
    package var c_cc: ControlBytes = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    package var c_spare: UInt8 = 0
    package var c_ispeed: UInt32 = 0
    package var c_ospeed: UInt32 = 0
    package init() {}
  }

  /// The host's `struct termios2`, 44 bytes.
  package struct HostTermios: BitwiseCopyable {
    package var c_iflag: UInt32 = 0
    package var c_oflag: UInt32 = 0
    package var c_cflag: UInt32 = 0
    package var c_lflag: UInt32 = 0
    package var c_line: UInt8 = 0
    package var c_cc: ControlBytes = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    package var c_ispeed: UInt32 = 0
    package var c_ospeed: UInt32 = 0
    package init() {}
  }

  /// `_POSIX_VDISABLE`: the control character is off. The host's is 0.
  package static let _POSIX_VDISABLE: UInt8 = 0xff

  package static let EXTPROC: UInt32 = 0x800
  private static let TAB3: UInt32 = 0x4
  private static let hostTAB3: UInt32 = 0x1800
  private static let CRTSCTS: UInt32 = 0x30000

  /// One flag of a flag word that both systems have, by its two values; the index counts within the word.
  private static func inputFlag(_ index: Int) -> (guest: UInt32, host: UInt32)? {
    switch index {
    case 0...8: (1 << UInt32(index), 1 << UInt32(index))  // IGNBRK to ICRNL
    case 9: (0x200, 0x400)  // IXON
    case 10: (0x400, 0x1000)  // IXOFF
    case 11: (0x800, 0x800)  // IXANY
    case 12: (0x2000, 0x2000)  // IMAXBEL
    case 13: (0x4000, 0x4000)  // IUTF8
    default: nil
    }
  }

  private static func outputFlag(_ index: Int) -> (guest: UInt32, host: UInt32)? {
    switch index {
    case 0: (0x1, 0x1)  // OPOST
    case 1: (0x2, 0x4)  // ONLCR
    case 2: (0x10, 0x8)  // OCRNL
    case 3: (0x20, 0x10)  // ONOCR
    case 4: (0x40, 0x20)  // ONLRET
    default: nil
    }
  }

  private static func controlFlag(_ index: Int) -> (guest: UInt32, host: UInt32)? {
    switch index {
    case 0: (0x100, 0x10)  // CS6; CS7 and CS8 follow from the two bits
    case 1: (0x200, 0x20)
    case 2: (0x400, 0x40)  // CSTOPB
    case 3: (0x800, 0x80)  // CREAD
    case 4: (0x1000, 0x100)  // PARENB
    case 5: (0x2000, 0x200)  // PARODD
    case 6: (0x4000, 0x400)  // HUPCL
    case 7: (0x8000, 0x800)  // CLOCAL
    default: nil
    }
  }

  private static func localFlag(_ index: Int) -> (guest: UInt32, host: UInt32)? {
    switch index {
    case 0: (0x1, 0x800)  // ECHOKE
    case 1: (0x2, 0x10)  // ECHOE
    case 2: (0x4, 0x20)  // ECHOK
    case 3: (0x8, 0x8)  // ECHO
    case 4: (0x10, 0x40)  // ECHONL
    case 5: (0x20, 0x400)  // ECHOPRT
    case 6: (0x40, 0x200)  // ECHOCTL
    case 7: (0x80, 0x1)  // ISIG
    case 8: (0x100, 0x2)  // ICANON
    case 9: (0x400, 0x8000)  // IEXTEN
    case 10: (EXTPROC, 0x10000)
    case 11: (0x400000, 0x100)  // TOSTOP
    case 12: (0x800000, 0x1000)  // FLUSHO
    case 13: (0x2000_0000, 0x4000)  // PENDIN
    case 14: (0x8000_0000, 0x80)  // NOFLSH
    default: nil
    }
  }

  /// Where the host keeps the guest's control character `index`; nil for those the host has not
  /// (`VERASE2`, `VDSUSP`, `VSTATUS`).
  package static func hostControlIndex(_ index: Int) -> Int? {
    switch index {
    case 0: 4  // VEOF
    case 1: 11  // VEOL
    case 2: 16  // VEOL2
    case 3: 2  // VERASE
    case 4: 14  // VWERASE
    case 5: 3  // VKILL
    case 6: 12  // VREPRINT
    case 8: 0  // VINTR
    case 9: 1  // VQUIT
    case 10: 10  // VSUSP
    case 12: 8  // VSTART
    case 13: 9  // VSTOP
    case 14: 15  // VLNEXT
    case 15: 13  // VDISCARD
    case 16: 6  // VMIN
    case 17: 5  // VTIME
    default: nil
    }
  }

  private static func guestWord(_ host: UInt32, _ flag: (Int) -> (guest: UInt32, host: UInt32)?) -> UInt32 {
    var result: UInt32 = 0
    var index = 0
    while let pair = flag(index) {
      if host & pair.host != 0 { result |= pair.guest }
      index &+= 1
    }
    return result
  }

  /// The host's word: what the guest has no word for stays as it is in `old`.
  private static func hostWord(
    _ guest: UInt32, keeping old: UInt32, _ flag: (Int) -> (guest: UInt32, host: UInt32)?
  ) -> UInt32 {
    var result = old
    var index = 0
    while let pair = flag(index) {
      result = guest & pair.guest != 0 ? result | pair.host : result & ~pair.host
      index &+= 1
    }
    return result
  }

  /// The guest's view of a terminal.
  package static func termios(of host: HostTermios) -> Termios {
    var result = Termios()
    result.c_iflag = guestWord(host.c_iflag, inputFlag)
    result.c_oflag = guestWord(host.c_oflag, outputFlag) | (host.c_oflag & hostTAB3 == hostTAB3 ? TAB3 : 0)
    result.c_cflag = guestWord(host.c_cflag, controlFlag) | (host.c_cflag & 0x8000_0000 != 0 ? CRTSCTS : 0)
    result.c_lflag = guestWord(host.c_lflag, localFlag)
    result.c_ispeed = host.c_ispeed
    result.c_ospeed = host.c_ospeed
    var host = host
    withUnsafeBytes(of: &host.c_cc) { from in
      withUnsafeMutableBytes(of: &result.c_cc) { to in
        for index in 0..<to.count {
          guard let at = hostControlIndex(index) else {
            to[index] = _POSIX_VDISABLE
            continue
          }
          // VMIN and VTIME are counts, for which 0 is no "off".
          to[index] = from[at] == 0 && index < 16 ? _POSIX_VDISABLE : from[at]
        }
      }
    }
    return result
  }

  /// What the host is to set for the guest's attributes, where `old` is how the terminal stands.
  package static func hostTermios(of guest: Termios, keeping old: HostTermios) -> HostTermios {
    var result = old
    result.c_iflag = hostWord(guest.c_iflag, keeping: old.c_iflag, inputFlag)
    result.c_oflag = hostWord(guest.c_oflag, keeping: old.c_oflag, outputFlag) & ~hostTAB3
    if guest.c_oflag & TAB3 != 0 { result.c_oflag |= hostTAB3 }
    if guest.c_cflag & 1 == 0 {  // CIGNORE
      result.c_cflag = hostWord(guest.c_cflag, keeping: old.c_cflag, controlFlag) & 0x7fff_ffff
      if guest.c_cflag & CRTSCTS != 0 { result.c_cflag |= 0x8000_0000 }
      // BOTHER in both places for a speed: the numbers in the structure count, not the host's codes for a few.
      result.c_cflag = result.c_cflag & ~0x100f_100f | 0x1000_1000
      result.c_ospeed = guest.c_ospeed
      result.c_ispeed = guest.c_ispeed == 0 ? guest.c_ospeed : guest.c_ispeed
    }
    result.c_lflag = hostWord(guest.c_lflag, keeping: old.c_lflag, localFlag)
    var guest = guest
    withUnsafeBytes(of: &guest.c_cc) { from in
      withUnsafeMutableBytes(of: &result.c_cc) { to in
        for index in 0..<from.count {
          guard let at = hostControlIndex(index) else { continue }
          to[at] = from[index] == _POSIX_VDISABLE && index < 16 ? 0 : from[index]
        }
      }
    }
    return result
  }
}
