internal import Glibc
internal import ProcessModel

/// A list of C strings with a null pointer at its end, as exec wants it. Never freed: it is made for the one exec of a
/// process.
struct WordList {
  let words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// - Parameter given: a list whose strings are not copied; none when left out.
  init(_ given: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil, andCopying more: [FileName]) {
    var count = 0
    if let given { while given[count] != nil { count += 1 } }
    words = .allocate(capacity: count + more.count + 1)
    if let given { words.initialize(from: given, count: count) }
    for word in more {
      (words + count).initialize(to: word.withCString { strdup($0) })
      count += 1
    }
    (words + count).initialize(to: nil)
  }

  init(copying words: [FileName]) { self.init(andCopying: words) }
}
