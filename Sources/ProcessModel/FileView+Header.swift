package import CPicoABI

extension FileView {
  /// Tells the stubs. False when it is too much for the silo's header.
  package func write(to header: UnsafeMutablePointer<pico_silo>) -> Bool {
    guard places.count <= Int(PICO_VIEW_PLACES) else { return false }
    let (list, text) = (pico_view_places(header), pico_view_text(header))
    var used = 0
    func put(_ name: FileName) -> (offset: UInt16, length: UInt16)? {
      let bytes = name.bytes
      guard bytes.count < 4096, used + bytes.count <= Int(PICO_VIEW_TEXT) else { return nil }
      for (index, byte) in bytes.enumerated() { text[used + index] = byte }
      defer { used += bytes.count }
      return (UInt16(used), UInt16(bytes.count))
    }
    for (index, place) in places.enumerated() {
      guard let guest = put(place.guest), let host = put(place.host) else { return false }
      list[index] = pico_view_place(
        guest: guest.offset, guest_length: guest.length, host: host.offset, host_length: host.length)
    }
    header.pointee.view_count = UInt32(places.count)
    return true
  }
}
