import CPicoEntry

/// What the Linux personality keeps for each thread in its area. fork and clone copy it.
extension Linux {
  struct ThreadWords {
    /// `noNewPrivileges`, `strictSeccomp`, `userDispatch`.
    var flags: UInt64
    /// The newest of the thread's seccomp filters: address of a `FilterHead`, 0 for none.
    var filters: UInt64
    /// Where calls are made without asking the thread's own dispatcher, and its selector's address (0: none).
    var dispatchOffset: UInt64
    var dispatchLength: UInt64
    var dispatchSelector: UInt64
  }

  static let noNewPrivileges: UInt64 = 1
  static let strictSeccomp: UInt64 = 2
  /// Calls of the thread go to its own handler of SIGSYS.
  static let userDispatch: UInt64 = 4

  @inline(__always)
  static func words(_ t: Thread) -> UnsafeMutablePointer<ThreadWords> {
    withUnsafeMutablePointer(to: &t.pointee.personality_words) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: ThreadWords.self)
    }
  }

  static func hasNoNewPrivileges(_ t: Thread) -> Bool { words(t).pointee.flags & noNewPrivileges != 0 }

  /// Whether a seccomp mode or a dispatcher of the guest's own has to be asked before each of the thread's calls.
  static func isFiltered(_ t: Thread) -> Bool {
    words(t).pointee.filters != 0 || words(t).pointee.flags & (strictSeccomp | userDispatch) != 0
  }
}
