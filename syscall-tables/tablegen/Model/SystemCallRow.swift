/// One row of a system-call table: what a call is named, who answers it, and what its arguments are.
package struct SystemCallRow: Sendable, Equatable {
  /// The number, or the range of numbers that share the row.
  package var numbers: ClosedRange<Int>
  package var name: String
  package var lane: Lane
  package var status: Status
  package var parameters: [Parameter]
  /// Name of the result's type; `never` for a call that does not come back.
  package var result: String
  /// Selector classes that do not follow from the parameters, without their `%`.
  package var classes: [String]
  /// Rights that descriptors need (Capsicum), by parameter.
  package var rights: [Right] = []
  /// Why the call is not full; empty when there is nothing to say.
  package var reason: String

  /// Every class the row is selected by: its own, `file` for a path, `desc` for a descriptor.
  package var selectors: [String] {
    var all = classes
    if parameters.contains(where: { SystemCallTable.pathTypes.contains($0.type.name) }), !all.contains("file") {
      all.append("file")
    }
    if !all.contains("desc"),
      result == "FD" || parameters.contains(where: { ["FD", "AtFD", "WordFD"].contains($0.type.name) })
    {
      all.append("desc")
    }
    return all
  }
}

/// Who answers a call.
package enum Lane: Sendable, Equatable {
  /// Nobody.
  case none
  /// The host's call, made by the stub.
  case direct(Target)
  /// Handwritten code in the stub.
  case resident(Target)
  /// The supervisor.
  case supervised
  /// The call whose number is the first argument.
  case indirect
}

/// What a lane calls, and how.
package struct Target: Sendable, Equatable {
  /// Name of the host call or handler; the row's own name when left out.
  package var name: String?
  /// What is passed; the row's own parameters when left out.
  package var arguments: [Argument]?
  /// It may wait, so a signal has to be able to interrupt it.
  package var blocks = false
  /// Once interrupted it is made again if the guest's action asks for that.
  package var restarts = true
  /// A 32-bit argument meets a wider one of the host, so upper halves of registers have to be cleared.
  package var widens = false
  /// Failure is a positive error number as the result.
  package var errorIsResult = false
  /// Errors that the guest system names otherwise in this call: names of the guest's.
  package var errorChanges: [ErrorChange] = []

  package init(name: String? = nil, arguments: [Argument]? = nil) {
    self.name = name
    self.arguments = arguments
  }
}

/// One argument of a host call or handler.
package enum Argument: Sendable, Equatable {
  case constant(Int64)
  /// A parameter of the row, with bits set in it.
  case parameter(String, or: UInt64)
}

package struct ErrorChange: Sendable, Equatable {
  package var from: String
  package var to: String

  package init(from: String, to: String) {
    self.from = from
    self.to = to
  }
}

/// How much of a call there is.
package enum Status: String, Sendable, CaseIterable {
  case full, partial, stub, missing, obsolete

  /// Whether the row has to say why.
  package var needsReason: Bool { self == .partial || self == .stub || self == .missing }
}

/// A right, by its name in `CapRights`, of the descriptor in a parameter.
package struct Right: Sendable, Equatable {
  package var parameter: String
  package var name: String
}

package struct Parameter: Sendable, Equatable {
  package var name: String
  /// Set for a pointer: what the call does with what it points to.
  package var direction: Direction?
  package var type: TypeReference
}

package enum Direction: String, Sendable {
  case `in`, out, `inout`
}

/// A type by name, and how many of it.
package struct TypeReference: Sendable, Equatable {
  package var name: String
  package var length: Length?
}

package enum Length: Sendable, Equatable {
  case constant(Int)
  /// The call's result.
  case result
  /// The value of another parameter.
  case parameter(String)
  /// What another parameter points to.
  case pointee(String)
}
