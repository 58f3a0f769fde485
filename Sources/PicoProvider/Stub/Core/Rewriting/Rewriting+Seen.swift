import CPicoEntry

/// A rewritten site makes a lean call without asking anybody. Where the stub has to see calls first (a guest's seccomp
/// filter, a tracer, reads of what `/proc` tells), sites get their own bytes back and stay so.
extension Rewriting {
  enum Seen: UInt32 {
    case none = 0
    /// `read` and `pread64` of Linux, and sites whose call is not always the same.
    case reads = 1
    case all = 2
  }

  static var seen: Seen { Seen(rawValue: pico_load32(pico_rewriting_seen_calls())) ?? .all }

  /// From here on these calls come by the stub's entry, in every thread and in children of fork.
  static func see(_ t: Thread, _ wanted: Seen) {
    guard wanted.rawValue > seen.rawValue else { return }
    lock(t)
    pico_store32(pico_rewriting_seen_calls(), wanted.rawValue)
    Sites.forEach { site in
      guard sees(site.pointee.fixed == 0 ? nil : site.pointee.number) else { return }
      Patch.restore(site)
      site.pointee.state = UInt8(PICO_SITE_LEFT.rawValue)
    }
    unlock()
  }

  /// Whether a site must stay as it is; `number` is nil where it makes different calls.
  static func sees(_ number: UInt32?) -> Bool {
    switch seen {
    case .none: false
    case .reads: number == nil || number == 0 || number == 17
    case .all: true
    }
  }
}
