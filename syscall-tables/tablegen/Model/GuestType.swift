/// A number's width, and how it is printed.
package struct ScalarType: Sendable, Equatable {
  package var name: String
  /// The Swift type of the same width.
  package var swift: String
  package var format: ScalarFormat

  /// Bytes of the Swift type, nil when it is none of those a table may name.
  package static func size(ofSwift name: String) -> Int? {
    switch name {
    case "Int8", "UInt8": 1
    case "Int16", "UInt16": 2
    case "Int32", "UInt32": 4
    case "Int64", "UInt64", "Int", "UInt": 8
    default: nil
    }
  }
}

package enum ScalarFormat: Sendable, Equatable {
  case decimal, hex, octal, pointer, wait, errno
  /// A register of which only the lower half counts.
  case int32
  /// An owner: -1 where all bits are set.
  case id
  /// A number with one value that has a name.
  case limit(String, UInt64)
}

/// Names for the values, or for the bits, of a number; and what they are on the host.
package struct FlagSet: Sendable, Equatable {
  package enum Unknown: String, Sendable { case passed, ignored, refused }
  package enum Host: Sendable, Equatable { case value(Int64), ignored, refused }
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var guest: Int64
    package var host: Host
  }

  package var name: String
  package var swift: String
  /// Every value has one name; false: names are joined with `|`.
  package var isEnumeration: Bool
  /// Declared for printing only: nothing may rely on a translation.
  package var printOnly = false
  package var unknown = Unknown.passed
  /// Host bits that go with every value.
  package var always: Int64 = 0
  /// What zero is called.
  package var zero: String?
  /// Bits without a name are printed in octal.
  package var restIsOctal = false
  /// The bits that hold one value of `fieldEntries`.
  package var fieldMask: Int64 = 0
  package var fieldEntries: [Entry] = []
  package var entries: [Entry] = []

  /// The guest's numbers are the host's.
  package var isIdentity: Bool {
    unknown == .passed && always == 0 && (fieldEntries + entries).allSatisfy { $0.host == .value($0.guest) }
  }
}

/// A structure in guest memory, as far as it is printed.
package struct StructLayout: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var offset: Int
    package var type: TypeReference
    /// Left out of a brief print.
    package var verbose: Bool
  }

  package var name: String
  package var size: Int
  package var fields: [Field] = []
  /// The bits stand for signals; printed as a set of names.
  package var isSignalSet = false
}

/// An error number of the guest system.
package struct SystemError: Sendable, Equatable {
  package var name: String
  package var number: Int
  /// The host's number that becomes this one; nil when the host has none.
  package var host: Int?
  package var text: String
}

/// How the guest lays out a socket address.
package struct SocketAddressStyle: Sendable, Equatable {
  /// A length byte stands before an 8-bit family.
  package var hasLengthByte: Bool
  /// The number of `AF_INET6`.
  package var internet6: Int
}
