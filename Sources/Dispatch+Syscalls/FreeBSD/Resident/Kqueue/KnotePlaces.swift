import CPicoABI

/// Where knotes lie, and how they are found: by identifier and filter, by watch, by their parent's watch.
extension UnsafeMutablePointer where Pointee == FreeBSD.Kqueue {
  private func bucket(_ ident: UInt64, _ filter: Int16) -> Int {
    let mixed = (ident &+ UInt64(UInt16(bitPattern: filter)) << 32) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed >> 40) & Int(pointee.capacity &- 1)
  }

  /// The knote of an identifier and filter; 0 when there is none.
  func find(_ ident: UInt64, _ filter: Int16) -> UInt32 {
    guard let buckets = pointee.buckets else { return 0 }
    var index = buckets[bucket(ident, filter)]
    while index != 0 {
      let knote = knote(index)
      if knote.pointee.ident == ident && knote.pointee.filter == filter { return index }
      index = knote.pointee.hashNext
    }
    return 0
  }

  /// The first of the knotes whose file's watch falls into the same bucket as `watch`; there is at least one knote.
  func watchers(of watch: Int32) -> UnsafeMutablePointer<UInt32> {
    pointee.buckets.unsafelyUnwrapped + Int(pointee.capacity) + Int(UInt32(bitPattern: watch) & (pointee.capacity &- 1))
  }

  /// The first of the knotes whose directory's parent's watch falls into the same bucket.
  func children(of watch: Int32) -> UnsafeMutablePointer<UInt32> {
    watchers(of: watch) + Int(pointee.capacity)
  }

  /// Takes a place for a knote, cleared but for its generation; 0 when memory is short.
  func take() -> UInt32 {
    if pointee.freed == 0 && pointee.untouched >= pointee.capacity && !grow() { return 0 }
    var index = pointee.freed
    if index != 0 {
      pointee.freed = knote(index).pointee.hashNext
    } else {
      index = pointee.untouched
      pointee.untouched += 1
    }
    let generation = knote(index).pointee.generation
    knote(index).pointee = FreeBSD.Knote()
    knote(index).pointee.generation = generation
    return index
  }

  /// Gives a place back that `take` returned and that is in no list.
  func giveBack(_ index: UInt32) {
    knote(index).pointee.generation &+= 1
    knote(index).pointee.hashNext = pointee.freed
    pointee.freed = index
  }

  /// Makes a knote findable.
  func link(_ index: UInt32) {
    guard let buckets = pointee.buckets else { return }
    let at = bucket(knote(index).pointee.ident, knote(index).pointee.filter)
    knote(index).pointee.hashNext = buckets[at]
    buckets[at] = index
  }

  func unlink(_ index: UInt32) {
    guard let buckets = pointee.buckets else { return }
    let at = bucket(knote(index).pointee.ident, knote(index).pointee.filter)
    if buckets[at] == index {
      buckets[at] = knote(index).pointee.hashNext
      return
    }
    var before = buckets[at]
    while before != 0 {
      let next = knote(before).pointee.hashNext
      if next == index {
        knote(before).pointee.hashNext = knote(index).pointee.hashNext
        return
      }
      before = next
    }
  }

  private func knoteBytes(_ count: UInt32) -> Int {
    (Int(count) * MemoryLayout<FreeBSD.Knote>.stride + 4095) & ~4095
  }
  private func bucketBytes(_ count: UInt32) -> Int { (Int(count) * 12 + 4095) & ~4095 }

  /// Doubles the room. Indices stay; the buckets are filled anew.
  private func grow() -> Bool {
    let before = pointee.capacity
    let capacity = before == 0 ? 64 : before &* 2
    if capacity > FreeBSD.Kqueue.limit { return false }
    guard let places = allocatePages(bytes: knoteBytes(capacity)) else { return false }
    guard let buckets = allocatePages(bytes: bucketBytes(capacity)) else {
      freePages(places, bytes: knoteBytes(capacity))
      return false
    }
    let old = (pointee.knotes, pointee.buckets)
    if let knotes = old.0 {
      places.copyMemory(from: knotes, byteCount: Int(before) * MemoryLayout<FreeBSD.Knote>.stride)
    }
    pointee.knotes = places.assumingMemoryBound(to: FreeBSD.Knote.self)
    pointee.buckets = buckets.assumingMemoryBound(to: UInt32.self)
    pointee.capacity = capacity
    if let oldBuckets = old.1 {
      for at in 0..<Int(before) {
        var index = oldBuckets[at]
        while index != 0 {
          let next = knote(index).pointee.hashNext
          link(index)
          index = next
        }
        index = oldBuckets[Int(before) + at]
        while index != 0 {
          let next = knote(index).pointee.listNext
          insert(index, &watchers(of: knote(index).pointee.watch).pointee)
          index = next
        }
        index = oldBuckets[2 * Int(before) + at]
        while index != 0 {
          let next = knote(index).pointee.parentNext
          let first = children(of: knote(index).pointee.parent)
          knote(index).pointee.parentNext = first.pointee
          first.pointee = index
          index = next
        }
      }
      freePages(UnsafeMutableRawPointer(oldBuckets), bytes: bucketBytes(before))
    }
    if let knotes = old.0 { freePages(UnsafeMutableRawPointer(knotes), bytes: knoteBytes(before)) }
    return true
  }

  /// Gives all memory back.
  func freeMemory() {
    if let knotes = pointee.knotes { freePages(UnsafeMutableRawPointer(knotes), bytes: knoteBytes(pointee.capacity)) }
    if let buckets = pointee.buckets {
      freePages(UnsafeMutableRawPointer(buckets), bytes: bucketBytes(pointee.capacity))
    }
    pointee.knotes = nil
    pointee.buckets = nil
    pointee.capacity = 0
  }
}
