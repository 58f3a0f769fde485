import CPicoEntry

/// Where the view's names lie on the host, and the way back.
extension FileView {
  enum Place {
    /// In no place of the view: the host's own name.
    case none
    /// In a bound directory: nowhere else.
    case bound
    /// In the root, or on the host where that lacks it.
    case root
  }

  /// Puts the host's name of an absolute guest name together. Its count is negative when it is too long.
  static func compose(_ name: NameText, _ host: inout NameText) -> Place {
    host.count = 0
    for index in 0..<placeCount {
      guard let place = place(index), begins(name.start, name.count, with: place.guest, place.guestLength) else {
        continue
      }
      if !host.append(place.host, place.hostLength)
        || !host.append(name.start + place.guestLength, name.count - place.guestLength)
      {
        host.count = -1
      }
      // A directory of the host's "/" would have an empty name.
      if host.count == 0 { _ = host.append(0x2f) }
      return place.guestLength == 0 ? .root : .bound
    }
    return .none
  }

  /// Puts the guest's name of a host's absolute name together, as far as it fits; outside the view it is the same.
  ///
  /// - Returns: whether it lies in the view.
  static func guestName(_ path: UnsafePointer<UInt8>, _ length: Int, _ guest: inout NameText) -> Bool {
    var best: (guest: UnsafePointer<UInt8>, guestLength: Int, hostLength: Int)?
    for index in 0..<placeCount {
      guard let place = place(index), begins(path, length, with: place.host, place.hostLength) else { continue }
      if place.hostLength > best?.hostLength ?? -1 { best = (place.guest, place.guestLength, place.hostLength) }
    }
    guest.count = 0
    guard let best else {
      _ = guest.append(path, min(length, NameText.capacity - 1))
      return false
    }
    _ = guest.append(best.guest, best.guestLength)
    _ = guest.append(path + best.hostLength, min(length - best.hostLength, NameText.capacity - 1 - guest.count))
    if guest.count == 0 { _ = guest.append(0x2f) }
    return true
  }

  /// Rewrites a host's name of `length` bytes, in `room` bytes at `path`, as the guest's.
  ///
  /// - Returns: the new length, or `-ENAMETOOLONG`. A name that is not absolute stays.
  static func toGuest(_ t: Thread, _ path: UnsafeMutableRawPointer, _ length: Int, room: Int) -> Int {
    guard t.hasView, length > 0, length < NameText.capacity, path.load(as: UInt8.self) == 0x2f else { return length }
    var guest = NameText(t, .whole)
    _ = guestName(path.assumingMemoryBound(to: UInt8.self), length, &guest)
    guard guest.count < room else { return ENAMETOOLONG }
    path.copyMemory(from: guest.start, byteCount: guest.count + 1)
    return guest.count
  }

  private static func begins(
    _ path: UnsafePointer<UInt8>, _ length: Int, with prefix: UnsafePointer<UInt8>, _ prefixLength: Int
  ) -> Bool {
    guard length >= prefixLength, prefixLength == length || prefixLength == 0 || path[prefixLength] == 0x2f else {
      return false
    }
    for at in 0..<prefixLength where path[at] != prefix[at] { return false }
    return true
  }

  private static var placeCount: Int { Int(min(Silo.header.pointee.view_count, UInt32(PICO_VIEW_PLACES))) }

  /// A place of the view as the silo's header says it now: any process of the silo may have written there.
  private static func place(
    _ index: Int
  ) -> (guest: UnsafePointer<UInt8>, guestLength: Int, host: UnsafePointer<UInt8>, hostLength: Int)? {
    let entry = pico_view_places(Silo.header)[index]
    let (guest, guestLength) = (Int(entry.guest), Int(entry.guest_length))
    let (host, hostLength) = (Int(entry.host), Int(entry.host_length))
    guard guest + guestLength <= Int(PICO_VIEW_TEXT), host + hostLength <= Int(PICO_VIEW_TEXT) else { return nil }
    let text = pico_view_text(Silo.header)
    return (UnsafePointer(text + guest), guestLength, UnsafePointer(text + host), hostLength)
  }
}
