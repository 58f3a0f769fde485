import CPicoABI

extension FreeBSD {
  private static let CTL_MAXNAME = 24
  private static let MAXPATHLEN = 1024
  static let ENOENT = -2
  static let ESRCH = -3
  private static let ENOTDIR = -20
  private static let EISDIR = -21
  private static let ENAMETOOLONG = -36

  /// What one sysctl is asked for, and how far the answer has got.
  struct SysctlRequest {
    let t: Thread
    let old: UInt
    /// Bytes of room at `old`.
    let room: UInt
    let new: UInt
    let newLength: UInt
    private(set) var length: UInt = 0

    init(_ t: Thread, old: UInt, room: UInt, new: UInt, newLength: UInt) {
      self.t = t
      self.old = old
      self.room = room
      self.new = new
      self.newLength = newLength
    }

    /// The length the guest is told: what it got, or without a buffer what it would have.
    var toldLength: UInt { old != 0 && length > room ? room : length }

    /// Adds bytes to the answer: as many as there is room for.
    ///
    /// - Returns: 0, `-ENOMEM` when there was less room than needed, `-EFAULT`.
    mutating func put(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
      let start = length
      length &+= UInt(count)
      if old == 0 { return 0 }
      let fits = start >= room ? 0 : min(UInt(count), room - start)
      if fits > 0 && !copyOut(to: old &+ start, bytes, count: Int(fits)) { return Host.EFAULT }
      return fits < UInt(count) ? Host.ENOMEM : 0
    }

    mutating func put<Value: BitwiseCopyable>(_ value: Value) -> Int {
      withUnsafePointer(to: value) { put($0, MemoryLayout<Value>.size) }
    }

    /// Adds a string with its end mark.
    mutating func put(text: StaticString) -> Int {
      let result = put(text.utf8Start, text.utf8CodeUnitCount)
      return result == 0 ? put(UInt8(0)) : result
    }

    /// Counts bytes that would come, for an answer whose length is only estimated.
    mutating func reserve(_ count: Int) { length &+= UInt(count) }
  }

  /// `__sysctl(2)`: reads, and where it may be writes, a system variable by its number.
  ///
  /// - Errors: `EINVAL` for fewer than 2 or more than 24 numbers; `EFAULT`; `ENOENT` for an unknown variable,
  ///   `ENOTDIR` below a variable, `EISDIR` for a branch; `EPERM` for writing, which no variable here allows; `ENOMEM`
  ///   with as much as there is room for; then the variable's own.
  /// - Source: FreeBSD 14 `sys/kern/kern_sysctl.c`, `sys___sysctl`, `sysctl_root`.
  static func __sysctl(
    _ t: Thread, _ name: UInt, _ namelen: UInt32, _ old: UInt, _ oldlenp: UInt, _ new: UInt, _ newlen: UInt
  ) -> Int {
    guard namelen >= 2, namelen <= UInt32(CTL_MAXNAME) else { return Host.EINVAL }
    var numbers: [24 of Int32] = .init(repeating: 0)
    return withUnsafeMutablePointer(to: &numbers) {
      guard copyIn($0, from: name, count: Int(namelen) * 4) else { return Host.EFAULT }
      let numbers = UnsafeRawPointer($0).assumingMemoryBound(to: Int32.self)
      return sysctl(t, SysctlName(numbers, Int(namelen)), old, oldlenp, new, newlen, tellsWhenTooLong: true)
    }
  }

  /// `__sysctlbyname(2)`: the same by name.
  ///
  /// - Errors: `EINVAL` for an empty name or one of more than 1024 bytes, `ENAMETOOLONG` for one of 1024; then as
  ///   above.
  static func __sysctlbyname(
    _ t: Thread, _ name: UInt, _ namelen: UInt, _ old: UInt, _ oldlenp: UInt, _ new: UInt, _ newlen: UInt
  ) -> Int {
    guard namelen > 0, namelen <= UInt(MAXPATHLEN) else { return Host.EINVAL }
    var oid: SysctlOID?
    let result = findByName(name, namelen, &oid)
    guard result == 0, let oid else { return result }
    var numbers: [5 of Int32] = .init(repeating: 0)
    for level in 0..<oid.count { numbers[level] = oid[level] }
    return withUnsafePointer(to: numbers) {
      let numbers = UnsafeRawPointer($0).assumingMemoryBound(to: Int32.self)
      return sysctl(t, SysctlName(numbers, oid.count), old, oldlenp, new, newlen, tellsWhenTooLong: false)
    }
  }

  private static func sysctl(
    _ t: Thread, _ name: SysctlName, _ old: UInt, _ oldlenp: UInt, _ new: UInt, _ newlen: UInt, tellsWhenTooLong: Bool
  ) -> Int {
    var room: UInt = 0
    if oldlenp != 0 {
      guard let given = load(oldlenp, as: UInt.self) else { return Host.EFAULT }
      room = given
    }
    var request = SysctlRequest(t, old: old, room: room, new: new, newLength: new == 0 ? 0 : newlen)
    let result = name[0] == 0 ? askTree(name, &request) : askVariable(name, &request)
    if result != 0 && !(result == Host.ENOMEM && tellsWhenTooLong) { return result }
    if oldlenp != 0 && !store(request.toldLength, at: oldlenp) { return Host.EFAULT }
    return result
  }

  private static func askVariable(_ name: SysctlName, _ request: inout SysctlRequest) -> Int {
    var found: SysctlRow?
    var isBelowVariable = false
    sysctlRows { row in
      guard name.starts(with: row.oid) else { return false }
      if row.oid.count == name.count || row.takesArguments {
        found = row
        return true
      }
      if !row.isBranch { isBelowVariable = true }
      return false
    }
    guard let row = found else { return isBelowVariable ? ENOTDIR : ENOENT }
    if row.isBranch { return EISDIR }
    if request.new != 0 { return Host.EPERM }
    return put(row, name.dropping(row.oid.count), &request)
  }

  // MARK: The tree itself

  /// `CTL_SYSCTL`: names to numbers and back, the next variable, types and descriptions.
  private static func askTree(_ name: SysctlName, _ request: inout SysctlRequest) -> Int {
    let wanted = name.dropping(2)
    if name[1] == 3 {  // CTL_SYSCTL_NAME2OID
      guard request.newLength > 0 else { return ENOENT }
      var oid: SysctlOID?
      let result = findByName(request.new, request.newLength, &oid)
      guard result == 0, let oid else { return result }
      return put(oid, &request)
    }
    if request.new != 0 { return Host.EPERM }
    switch name[1] {
    case 1: return putName(of: wanted, &request)  // CTL_SYSCTL_NAME
    case 2, 7:  // CTL_SYSCTL_NEXT, CTL_SYSCTL_NEXTNOSKIP
      guard let next = next(after: wanted, withBranches: name[1] == 7) else { return ENOENT }
      return put(next, &request)
    case 4, 5:  // CTL_SYSCTL_OIDFMT, CTL_SYSCTL_OIDDESCR
      guard let row = row(wanted) else { return ENOENT }
      if name[1] == 5 { return request.put(UInt8(0)) }
      let result = request.put(row.kind)
      return result == 0 ? request.put(text: row.format) : result
    default: return ENOENT
    }
  }

  private static func put(_ oid: SysctlOID, _ request: inout SysctlRequest) -> Int {
    for level in 0..<oid.count {
      let result = request.put(oid[level])
      if result != 0 { return result }
    }
    return 0
  }

  /// The row with exactly these numbers, or the branch with arguments that they begin with.
  private static func row(_ name: SysctlName) -> SysctlRow? {
    var found: SysctlRow?
    sysctlRows { row in
      guard name.starts(with: row.oid), row.oid.count == name.count || row.takesArguments else { return false }
      found = row
      return true
    }
    return found
  }

  /// The first variable that comes after `name` in the order of numbers.
  private static func next(after name: SysctlName, withBranches: Bool) -> SysctlOID? {
    var best: SysctlOID?
    sysctlRows { row in
      guard withBranches || !row.isBranch, name.comes(before: row.oid) else { return false }
      if let now = best, !now.comes(after: row.oid) { return false }
      best = row.oid
      return false
    }
    return best
  }

  /// The dotted name; numbers that have none stand as they are.
  private static func putName(of name: SysctlName, _ request: inout SysctlRequest) -> Int {
    var known: SysctlRow?
    sysctlRows { row in
      guard name.starts(with: row.oid), row.oid.count > known?.oid.count ?? 0 else { return false }
      known = row
      return false
    }
    var result = 0
    if let known { result = request.put(known.name.utf8Start, known.name.utf8CodeUnitCount) }
    var level = known?.oid.count ?? 0
    while result == 0 && level < name.count {
      if level > 0 { result = request.put(UInt8(ascii: ".")) }
      var digits = Digits(Int(name[level]))
      if result == 0 { result = digits.withBytes { request.put($0, $1) } }
      level += 1
    }
    return result == 0 ? request.put(UInt8(0)) : result
  }

  /// Looks the dotted name at a guest address up. One dot at its end is no harm.
  private static func findByName(_ address: UInt, _ length: UInt, _ oid: inout SysctlOID?) -> Int {
    guard length < UInt(MAXPATHLEN) else { return ENAMETOOLONG }
    var found: SysctlOID?
    let result = withUnsafeTemporaryAllocation(byteCount: MAXPATHLEN, alignment: 8) { bytes -> Int in
      let name = bytes.baseAddress.unsafelyUnwrapped
      guard copyIn(name, from: address, count: Int(length)) else { return Host.EFAULT }
      var count = 0
      while count < Int(length) && name.load(fromByteOffset: count, as: UInt8.self) != 0 { count += 1 }
      if count > 0 && name.load(fromByteOffset: count - 1, as: UInt8.self) == UInt8(ascii: ".") { count -= 1 }
      sysctlRows { row in
        guard row.name.utf8CodeUnitCount == count else { return false }
        for index in 0..<count where row.name.utf8Start[index] != name.load(fromByteOffset: index, as: UInt8.self) {
          return false
        }
        found = row.oid
        return true
      }
      return found == nil ? ENOENT : 0
    }
    oid = found
    return result
  }
}
