import CPicoEntry

/// Hands what has been traced so far to the supervisor before the picoprocess ends or becomes another.
func traceFlush(_ t: Thread) {
  if Silo.header.pointee.tracing != 0 { _ = t.ring(PICO_TRACE) }
}
