/// What is being made or adopted at the moment, so that an end reported before the beginning was recorded is not lost.
///
/// A process or thread can be killed between the host call that makes it and the moment the contract writes it down.
/// Ends of unknown ones are remembered only while something is under way, so nothing gathers here.
struct Arrivals<ID: Equatable & Sendable>: Sendable {
  private var underWay = 0
  // Few at a time: as many as there are threads that answer rings, and what ends meanwhile.
  private var named: [ID] = []
  private var ended: [ID] = []

  var isEmpty: Bool { underWay == 0 }

  /// Something is being made whose number only the host knows yet.
  mutating func begin() { underWay += 1 }

  /// Something known is being adopted. False when somebody else is at it.
  mutating func begin(_ id: ID) -> Bool {
    guard !named.contains(id) else { return false }
    named.append(id)
    underWay += 1
    return true
  }

  /// The end of `id`, which is not written down.
  mutating func noteEnd(of id: ID) {
    if underWay > 0 && !ended.contains(id) { ended.append(id) }
  }

  /// What was begun is there, as `id`, or failed (nil). True when its end has been reported already.
  mutating func finish(_ id: ID?) -> Bool {
    underWay -= 1
    var hasEnded = false
    if let id {
      named.removeAll { $0 == id }
      hasEnded = ended.contains(id)
      ended.removeAll { $0 == id }
    }
    if underWay == 0 { ended.removeAll() }
    return hasEnded
  }

  /// The adoption of `id` failed.
  mutating func abandon(_ id: ID) { _ = finish(id) }
}
