/// `ioctl` requests (`sys/ioccom.h`, `sys/filio.h`, `sys/ttycom.h`, `sys/sockio.h`), by the guest's names.
extension FreeBSD {
  package static let FIOCLEX: UInt32 = 0x2000_6601
  package static let FIONCLEX: UInt32 = 0x2000_6602
  package static let FIOSEEKDATA: UInt32 = 0xc008_6661
  package static let FIOSEEKHOLE: UInt32 = 0xc008_6662
  package static let FIONSPACE: UInt32 = 0x4004_6676
  package static let FIONWRITE: UInt32 = 0x4004_6677
  package static let FIODGNAME: UInt32 = 0x8010_6678
  package static let FIODTYPE: UInt32 = 0x4004_667a
  package static let FIOGETOWN: UInt32 = 0x4004_667b
  package static let FIOSETOWN: UInt32 = 0x8004_667c
  package static let FIOASYNC: UInt32 = 0x8004_667d
  package static let FIONBIO: UInt32 = 0x8004_667e
  package static let FIONREAD: UInt32 = 0x4004_667f
  package static let TIOCEXCL: UInt32 = 0x2000_740d
  package static let TIOCNXCL: UInt32 = 0x2000_740e
  package static let TIOCGPTN: UInt32 = 0x4004_740f
  package static let TIOCFLUSH: UInt32 = 0x8004_7410
  package static let TIOCGETA: UInt32 = 0x402c_7413
  package static let TIOCSETA: UInt32 = 0x802c_7414
  package static let TIOCSETAW: UInt32 = 0x802c_7415
  package static let TIOCSETAF: UInt32 = 0x802c_7416
  package static let TIOCGETD: UInt32 = 0x4004_741a
  package static let TIOCSETD: UInt32 = 0x8004_741b
  package static let TIOCPTMASTER: UInt32 = 0x2000_741c
  package static let TIOCDRAIN: UInt32 = 0x2000_745e
  package static let TIOCSIG: UInt32 = 0x2004_745f
  package static let TIOCEXT: UInt32 = 0x8004_7460
  package static let TIOCSCTTY: UInt32 = 0x2000_7461
  package static let TIOCCONS: UInt32 = 0x8004_7462
  package static let TIOCGSID: UInt32 = 0x4004_7463
  package static let TIOCSWINSZ: UInt32 = 0x8008_7467
  package static let TIOCGWINSZ: UInt32 = 0x4008_7468
  package static let TIOCMGET: UInt32 = 0x4004_746a
  package static let TIOCMBIC: UInt32 = 0x8004_746b
  package static let TIOCMBIS: UInt32 = 0x8004_746c
  package static let TIOCMSET: UInt32 = 0x8004_746d
  package static let TIOCSTART: UInt32 = 0x2000_746e
  package static let TIOCSTOP: UInt32 = 0x2000_746f
  package static let TIOCPKT: UInt32 = 0x8004_7470
  package static let TIOCNOTTY: UInt32 = 0x2000_7471
  package static let TIOCSTI: UInt32 = 0x8001_7472
  package static let TIOCOUTQ: UInt32 = 0x4004_7473
  package static let TIOCSPGRP: UInt32 = 0x8004_7476
  package static let TIOCGPGRP: UInt32 = 0x4004_7477
  package static let TIOCCDTR: UInt32 = 0x2000_7478
  package static let TIOCSDTR: UInt32 = 0x2000_7479
  package static let TIOCCBRK: UInt32 = 0x2000_747a
  package static let TIOCSBRK: UInt32 = 0x2000_747b
  package static let SIOCATMARK: UInt32 = 0x4004_7307
  package static let SIOCSPGRP: UInt32 = 0x8004_7308
  package static let SIOCGPGRP: UInt32 = 0x4004_7309
  package static let SIOCGIFMTU: UInt32 = 0xc020_6933

  /// The host's request that takes the same argument in the same place; nil where more than the number differs.
  package static func hostRequest(_ request: UInt32) -> UInt? {
    switch request {
    case FIOCLEX: 0x5451
    case FIONCLEX: 0x5450
    case FIOASYNC: 0x5452
    case FIONBIO: 0x5421
    case FIONREAD: 0x541b
    case FIONWRITE, TIOCOUTQ: 0x5411
    case TIOCEXCL: 0x540c
    case TIOCNXCL: 0x540d
    case TIOCGPTN: 0x8004_5430
    case TIOCCONS: 0x541d
    case TIOCGSID: 0x5429
    case TIOCSWINSZ: 0x5414
    case TIOCGWINSZ: 0x5413
    case TIOCMGET: 0x5415
    case TIOCMBIS: 0x5416
    case TIOCMBIC: 0x5417
    case TIOCMSET: 0x5418
    case TIOCPKT: 0x5420
    case TIOCNOTTY: 0x5422
    case TIOCGPGRP: 0x540f
    case TIOCCBRK: 0x5428
    case TIOCSBRK: 0x5427
    case SIOCATMARK: 0x8905
    case SIOCSPGRP: 0x8902
    default: nil
    }
  }
}
