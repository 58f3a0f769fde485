import TableModel

/// How what lies in memory is written, with every declaration looked up beforehand.
indirect enum ElementForm: Sendable {
  case value(ValueForm, size: Int)
  case structure(StructureForm)
  case list(ElementForm, size: Int, count: Int)
  /// Characters up to a zero.
  case characters(Int)

  /// Nil for a type whose size nobody knows.
  init?(_ type: TypeReference, _ table: SystemCallTable) {
    guard case .constant(let count)? = type.length else {
      self.init(named: type.name, table)
      return
    }
    if type.name == "Char" {
      self = .characters(count)
    } else if let size = table.size(of: type.name), size > 0, let element = ElementForm(named: type.name, table) {
      self = .list(element, size: size, count: count)
    } else {
      return nil
    }
  }

  init?(named type: String, _ table: SystemCallTable) {
    if let layout = table.structs[type] {
      self = .structure(StructureForm(layout, table))
    } else if let size = table.size(of: type) {
      self = .value(ValueForm(type, table), size: size)
    } else {
      return nil
    }
  }

  var isStructure: Bool {
    if case .structure = self { true } else { false }
  }
}

/// A structure, field by field.
final class StructureForm: Sendable {
  struct Field: Sendable {
    /// With its equals sign.
    let name: [UInt8]
    let offset: Int
    let form: ElementForm
    let isVerbose: Bool
  }

  let size: Int
  let isSignalSet: Bool
  let fields: [Field]

  init(_ layout: StructLayout, _ table: SystemCallTable) {
    size = layout.size
    isSignalSet = layout.isSignalSet
    fields = layout.fields.compactMap { field in
      guard field.offset <= layout.size, let form = ElementForm(field.type, table) else { return nil }
      return Field(name: Array("\(field.name)=".utf8), offset: field.offset, form: form, isVerbose: field.verbose)
    }
  }
}
