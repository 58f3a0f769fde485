/// What the stub of a silo's first picoprocess finds behind the guest's environment, and takes away before the guest
/// sees its stack.
package enum StartState {
  /// - Parameters:
  ///   - setupSocket: the descriptor through which the stub sends its listener.
  ///   - name: what exec would have been called with.
  /// - Returns: environment strings, to be put last and in this order.
  package static func strings(setupSocket: Int32, name: FileName) -> [FileName] {
    // As a stub writes it for an exec: flags (4: the set-up socket stands before), no filters, the name.
    [FileName("PICORUN_SETUP_FD=\(setupSocket)"), "PICORUN_STATE=00000000000000040000" + name]
  }
}
