/// Values by a number: what a dictionary does, for those that a start has to have. A dictionary's first use of a type of
/// key looks through all of the image's protocol conformances, which costs a start a tenth of its time (decision 0005).
struct NumberTable<Value> {
  /// Open addressing: an entry stands at its key's place, or behind others that were there first.
  private var keys: [UInt64] = []
  private var values: [Value?] = []
  private(set) var count = 0

  subscript(key: UInt64) -> Value? {
    get { place(key).flatMap { values[$0] } }
    set {
      if let newValue { insert(key, newValue) } else { remove(key) }
    }
  }

  /// Changes a value where it is. Nil when there is none.
  mutating func update<Result>(_ key: UInt64, _ body: (inout Value) -> Result) -> Result? {
    guard let place = place(key), var value = values[place].take() else { return nil }
    defer { values[place] = value }
    return body(&value)
  }

  /// In no order.
  var all: [Value] { values.compactMap { $0 } }

  @discardableResult
  mutating func remove(_ key: UInt64) -> Value? {
    guard var hole = place(key) else { return nil }
    let removed = values[hole].take()
    count -= 1
    // Whatever stands behind it on account of it moves up.
    var next = hole
    while true {
      next = (next + 1) & (values.count - 1)
      guard values[next] != nil else { break }
      let distance = (next &- home(keys[next])) & (values.count - 1)
      if distance < (next &- hole) & (values.count - 1) { continue }
      keys[hole] = keys[next]
      values[hole] = values[next].take()
      hole = next
    }
    return removed
  }

  private mutating func insert(_ key: UInt64, _ value: Value) {
    if let place = place(key) {
      values[place] = value
      return
    }
    if count * 4 >= values.count * 3 { grow() }
    count += 1
    put(key, value)
  }

  private mutating func put(_ key: UInt64, _ value: Value) {
    var place = home(key)
    while values[place] != nil { place = (place + 1) & (values.count - 1) }
    keys[place] = key
    values[place] = value
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    let room = max(16, 2 * oldValues.count)
    keys = [UInt64](repeating: 0, count: room)
    values = [Value?](repeating: nil, count: room)
    for (place, value) in oldValues.enumerated() {
      if let value { put(oldKeys[place], value) }
    }
  }

  private func place(_ key: UInt64) -> Int? {
    guard count > 0 else { return nil }
    var place = home(key)
    while values[place] != nil {
      if keys[place] == key { return place }
      place = (place + 1) & (values.count - 1)
    }
    return nil
  }

  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: key &* 0x9e37_79b9_7f4a_7c15 >> 32) & (values.count - 1)
  }
}

extension NumberTable: Sendable where Value: Sendable {}
