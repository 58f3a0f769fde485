package import TableModel

/// How the calls of one system are written: its table with every name looked up once, when the first call comes that
/// has it. Belongs to one thread.
package final class CallForms {
  private let text: TableText
  /// By number; what was not asked for yet is nil, and what the system has no call for is nil inside.
  private var calls: [CallForm??] = []
  private var errors: [Int: (name: [UInt8], text: [UInt8])] = [:]
  private lazy var signals = text.excerpt(types: ["Signal", "SigSet"])
  private(set) lazy var signalNames: [Int: String] = Dictionary(
    (signals.flags["Signal"]?.entries ?? []).map { (Int($0.guest), $0.name) }, uniquingKeysWith: { first, _ in first })
  /// Linux counts real-time signals from 32, FreeBSD from 65.
  private(set) lazy var firstRealTimeSignal = signals.structs["SigSet"]?.size == 8 ? 32 : 65
  /// A stopped child's status for "continued" besides Linux's.
  private(set) lazy var hasContinuedStatus = signals.structs["SigSet"]?.size == 16
  private(set) lazy var socketAddresses = text.excerpt(types: []).socketAddresses
  private(set) lazy var addressFamily = ValueForm("AddressFamily", text.excerpt(types: ["AddressFamily"]))
  private(set) lazy var pollEvents = ValueForm("PollEvents", text.excerpt(types: ["PollEvents"]))

  package init(_ text: TableText) { self.text = text }

  func call(_ number: UInt64) -> CallForm? {
    // No system has as many: a guest may ask for any number.
    guard number < 4096 else { return nil }
    while calls.count <= number { calls.append(nil) }
    if let known = calls[Int(number)] { return known }
    var form: CallForm?
    if let table = text.excerpt(call: number), let row = table.row(number), row.name != "reserved" {
      form = CallForm(row, table)
    }
    calls[Int(number)] = .some(form)
    return form
  }

  func error(_ number: Int) -> (name: [UInt8], text: [UInt8])? {
    if let known = errors[number] { return known }
    guard let error = text.error(number) else { return nil }
    let found = (Array(error.name.utf8), Array(error.text.utf8))
    errors[number] = found
    return found
  }
}

/// How one call is written.
final class CallForm: Sendable {
  /// With the opening parenthesis.
  let name: [UInt8]
  let parameters: [ParameterForm]
  let result: ValueForm
  /// It does not come back when it succeeds.
  let isExec, isNever: Bool
  /// Its second result is shown too.
  let isPipe: Bool
  /// Some parameter is repeated after the result.
  let hasResultSets: Bool

  init(_ row: SystemCallRow, _ table: SystemCallTable) {
    name = Array("\(row.name)(".utf8)
    parameters = row.parameters.map { ParameterForm($0, row, table) }
    result = ValueForm(row.result, table)
    isExec = row.name.contains("exec")
    isNever = row.result == "never"
    isPipe = row.name == "freebsd10_pipe"
    hasResultSets = parameters.contains { $0.isShownWithResult }
  }
}

/// How one parameter is written.
struct ParameterForm: Sendable {
  enum Memory: Sendable {
    case path, string, bytes, strings, environment, descriptorSet, socketAddress, pollList, vector
    /// A number of four bytes, if it is that long: a socket option's value.
    case optionValue
    case element(ElementForm)
    case list(ElementForm, size: Int)
    case unknown
  }

  /// Nil for what is passed by value.
  let direction: Direction?
  let value: ValueForm
  let memory: Memory
  /// Sets of descriptors and of polled events are repeated after the result, as far as they came true.
  let isShownWithResult: Bool
  /// A time to wait, in which the call stores what was left of it.
  let isTimeLeft: Bool
  /// The mode of an open counts only where a file is made: the place of the flags, and the flags that make one.
  let making: (place: Int, flags: [UInt64])?

  init(_ parameter: Parameter, _ row: SystemCallRow, _ table: SystemCallTable) {
    let type = parameter.type.name
    direction = parameter.direction
    value = ValueForm(type, table)
    isShownWithResult = parameter.direction == .inout && (type == "FDSet" || type == "Pollfd")
    isTimeLeft = parameter.direction == .inout && (type == "Timespec" || type == "Timeval")
    if type == "Mode", let place = row.parameters.firstIndex(where: { $0.type.name == "OpenFlags" }),
      let set = table.flags["OpenFlags"]
    {
      let making = set.entries.filter { $0.name == "O_CREAT" || $0.name == "O_TMPFILE" }
      self.making = (place, making.map { UInt64(bitPattern: $0.guest) })
    } else {
      making = nil
    }
    memory = Self.memory(parameter, row, table)
  }

  private static func memory(_ parameter: Parameter, _ row: SystemCallRow, _ table: SystemCallTable) -> Memory {
    switch parameter.type.name {
    case "Path", "Entry", "PathText": return .path
    case "String": return .string
    case "Bytes":
      return row.classes.contains("network") && parameter.name.hasSuffix("val") ? .optionValue : .bytes
    case "Strings": return parameter.name.hasPrefix("env") ? .environment : .strings
    case "FDSet": return .descriptorSet
    case "SockAddr": return .socketAddress
    case "Iovec" where parameter.direction != .inout: return .vector
    case "Pollfd": return .pollList
    case let type:
      guard let size = table.size(of: type), size > 0, let element = ElementForm(named: type, table) else {
        return .unknown
      }
      return parameter.type.length != nil ? .list(element, size: size) : .element(element)
    }
  }
}
