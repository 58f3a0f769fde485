import CPicoABI

extension FreeBSD {
  /// What `procctl(2)` has set for a process and the host keeps nowhere. Fork copies it, exec begins anew.
  enum ProcessFlags {
    private static let word = 51

    static let untraceable: UInt64 = 1
    static let untraceableAfterExec: UInt64 = 2
    /// `PROC_TRAPCAP_CTL`.
    static let trapsRefusals: UInt64 = 4
    static let randomised: UInt64 = 8
    static let notRandomised: UInt64 = 16
    static let limitsProtection: UInt64 = 32
    static let doesNotLimitProtection: UInt64 = 64
    static let noStackGap: UInt64 = 128
    static let noStackGapAfterExec: UInt64 = 256
    static let permitsWriteExecute: UInt64 = 512
    static let refusesWriteExecuteAfterExec: UInt64 = 1024

    /// `P_SUGID`: some user or group number has changed since exec.
    static let changedCredentials: UInt64 = 2048

    static func has(_ t: Thread, _ flag: UInt64) -> Bool { pico_load64(processWord(t, word)) & flag != 0 }

    static func change(_ t: Thread, set: UInt64 = 0, clear: UInt64 = 0) {
      _ = pico_and64(processWord(t, word), ~clear)
      _ = pico_or64(processWord(t, word), set)
    }
  }
}
