import CPicoABI

/// Flags of the host's mmap(2).
private enum HostMap {
  static let SHARED: UInt = 0x1
  static let PRIVATE: UInt = 0x2
  static let FIXED: UInt = 0x10
  static let ANONYMOUS: UInt = 0x20
  static let LOW_32BIT: UInt = 0x40
  static let NORESERVE: UInt = 0x4000
  static let FIXED_NOREPLACE: UInt = 0x10_0000

  static let EEXIST = -17
  static let EOVERFLOW = -75
}

extension FreeBSD {
  /// `mmap(2)`: maps a file or empty memory and returns its address.
  ///
  /// `addr` and `pos` need not be page-aligned: the mapping starts at the page of `pos`, and the result has its offset
  /// within the page. Without `MAP_SHARED` and `MAP_PRIVATE` empty memory is private.
  ///
  /// - Errors, in this order: `EINVAL` for protection bits that do not exist, `ENOTSUP` for more than `PROT_MAX`
  ///   allows, `EINVAL` for a length of 0, a descriptor or offset with `MAP_ANON`, `MAP_STACK` that cannot be read and
  ///   written, unknown flags, `MAP_EXCL` without `MAP_FIXED`, `MAP_SHARED` with `MAP_PRIVATE`, `MAP_GUARD` with
  ///   anything else; `ENOMEM` for a length that wraps; `EINVAL` for an alignment below a page, a fixed address that
  ///   does not fit `pos`, or a fixed range outside user memory. Then the host's: `EBADF`, `EACCES`, `ENODEV`, `ENOMEM`
  ///   (also for `MAP_EXCL` over a mapping).
  /// - Differs: `PROT_MAX` is checked and not kept; a guard can be made accessible by mprotect.
  /// - Source: FreeBSD 14 `sys/vm/vm_mmap.c`, `kern_mmap_req`.
  static func mmap(
    _ t: Thread, _ addr: UInt, _ len: UInt, _ prot: Int32, _ flags: Int32, _ fd: Int32, _ pos: Int64
  ) -> Int {
    let most = prot >> PROT_MAX_SHIFT
    guard prot & ~(PROT_ALL | PROT_ALL << PROT_MAX_SHIFT) == 0 else { return Host.EINVAL }
    let protection = prot & PROT_ALL
    guard most == 0 || most & protection == protection else { return guestError(45) }  // ENOTSUP

    var flags = flags & ~(MAP_RESERVED0020 | MAP_RESERVED0040)
    guard mmapFlagsAreValid(flags, len, protection, fd, pos) else { return Host.EINVAL }
    if flags & (MAP_STACK | MAP_GUARD) != 0 { flags |= MAP_ANON }

    let position = UInt64(bitPattern: pos)
    let pageOffset = UInt(truncatingIfNeeded: position) & (PAGE_SIZE - 1)
    let (sum, overflow) = len.addingReportingOverflow(pageOffset)
    guard !overflow, let size = roundedToPages(sum) else { return Host.ENOMEM }
    let exponent = UInt32(bitPattern: flags & MAP_ALIGNMENT_MASK) >> UInt32(MAP_ALIGNMENT_SHIFT)
    guard exponent <= 1 || (12..<64).contains(exponent) else { return Host.EINVAL }

    let request = Mapping(
      size: size, protection: UInt(protection), flags: hostFlags(flags), descriptor: UInt(bitPattern: Int(fd)),
      offset: UInt(truncatingIfNeeded: position) &- pageOffset)
    var result: Int
    if flags & MAP_FIXED != 0 {
      result = mapFixed(t, request, at: addr &- pageOffset, flags)
    } else {
      let alignment: UInt =
        exponent == 1 ? (size >= 1 << 21 ? 1 << 21 : PAGE_SIZE) : exponent == 0 ? PAGE_SIZE : 1 << UInt(exponent)
      let end = addr.addingReportingOverflow(size)
      let hint = flags & MAP_32BIT != 0 && (end.overflow || end.partialValue > 1 << 31) ? 0 : truncatedToPage(addr)
      result = alignment > PAGE_SIZE ? mapAligned(request, near: hint, alignment) : request.make(near: hint)
    }
    if protection & PROT_EXEC != 0 && result > 0 {
      Text.mapped(t, UInt(bitPattern: result), size, request.protection, request.flags)
    }
    if result == HostMap.EEXIST { result = Host.ENOMEM }
    if result == HostMap.EOVERFLOW { result = Host.EINVAL }
    return result < 0 && result > -4096 ? result : result &+ Int(pageOffset)
  }

  /// What is mapped, whatever the address.
  private struct Mapping {
    var size, protection, flags, descriptor, offset: UInt

    func make(near hint: UInt) -> Int { mapAnywhere(hint, size, protection, flags, descriptor, offset) }

    func make(at address: UInt, _ how: UInt) -> Int {
      host(Host.mmap, address, size, protection, flags | how, descriptor, offset)
    }
  }

  private static func mmapFlagsAreValid(
    _ flags: Int32, _ len: UInt, _ protection: Int32, _ fd: Int32, _ pos: Int64
  ) -> Bool {
    if len == 0 || (flags & MAP_ANON != 0 && (fd != -1 || pos != 0)) { return false }
    let readWrite = PROT_READ | PROT_WRITE
    if flags & MAP_STACK != 0 && (fd != -1 || protection & readWrite != readWrite) { return false }
    let known =
      MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_HASSEMAPHORE | MAP_STACK | MAP_NOSYNC | MAP_ANON | MAP_EXCL
      | MAP_NOCORE | MAP_PREFAULT_READ | MAP_GUARD | MAP_32BIT | MAP_ALIGNMENT_MASK
    if flags & ~known != 0 { return false }
    if flags & (MAP_EXCL | MAP_FIXED) == MAP_EXCL { return false }
    if flags & (MAP_SHARED | MAP_PRIVATE) == MAP_SHARED | MAP_PRIVATE { return false }
    let withGuard = MAP_FIXED | MAP_GUARD | MAP_EXCL | MAP_32BIT | MAP_ALIGNMENT_MASK
    if flags & MAP_GUARD != 0 { return protection == PROT_NONE && fd == -1 && pos == 0 && flags & ~withGuard == 0 }
    // Every program of these days must say how a file is to be mapped; a bad descriptor is found before that.
    return flags & (MAP_SHARED | MAP_PRIVATE | MAP_ANON | MAP_STACK) != 0 || !isOpen(fd)
  }

  private static func isOpen(_ fd: Int32) -> Bool { host(Host.fcntl, UInt(bitPattern: Int(fd)), 1) >= 0 }  // F_GETFD

  private static func hostFlags(_ flags: Int32) -> UInt {
    var result = flags & MAP_SHARED != 0 ? HostMap.SHARED : HostMap.PRIVATE
    if flags & MAP_ANON != 0 { result |= HostMap.ANONYMOUS }
    if flags & MAP_GUARD != 0 { result |= HostMap.NORESERVE }
    if flags & (MAP_32BIT | MAP_FIXED) == MAP_32BIT { result |= HostMap.LOW_32BIT }
    return result
  }

  private static func mapFixed(_ t: Thread, _ request: Mapping, at address: UInt, _ flags: Int32) -> Int {
    let (end, wraps) = address.addingReportingOverflow(request.size)
    guard address & (PAGE_SIZE - 1) == 0, !wraps, end <= VM_MAXUSER_ADDRESS, address >= PAGE_SIZE,
      !reservedOverlap(address, request.size), flags & MAP_32BIT == 0 || end <= 1 << 31
    else { return Host.EINVAL }
    if flags & MAP_EXCL == 0 { Text.willChange(t, address, request.size, .replaced) }
    let result = request.make(at: address, flags & MAP_EXCL != 0 ? HostMap.FIXED_NOREPLACE : HostMap.FIXED)
    if result > 0, UInt(bitPattern: result) != address {
      // A host older than MAP_FIXED_NOREPLACE takes the address for a hint.
      host(Host.munmap, UInt(bitPattern: result), request.size)
      return Host.ENOMEM
    }
    // Below vm.mmap_min_addr the host refuses an unprivileged process.
    return result == Host.EPERM && address < 0x1_0000 ? Host.ENOMEM : result
  }

  /// Reserves room for the mapping and its alignment, puts the mapping into it and gives the rest back.
  private static func mapAligned(_ request: Mapping, near hint: UInt, _ alignment: UInt) -> Int {
    let (room, overflow) = request.size.addingReportingOverflow(alignment &- PAGE_SIZE)
    guard !overflow, room < VM_MAXUSER_ADDRESS else { return Host.ENOMEM }
    let where32 = request.flags & HostMap.LOW_32BIT
    let reserved = mapAnywhere(
      hint, room, 0, HostMap.PRIVATE | HostMap.ANONYMOUS | HostMap.NORESERVE | where32, UInt.max, 0)
    guard reserved > 0 else { return reserved }
    let start = UInt(bitPattern: reserved)
    let aligned = (start &+ (alignment &- 1)) & ~(alignment &- 1)
    var kept = request
    kept.flags &= ~HostMap.LOW_32BIT
    let result = kept.make(at: aligned, HostMap.FIXED)
    guard result > 0 else {
      host(Host.munmap, start, room)
      return result
    }
    let end = aligned &+ request.size
    if aligned > start { host(Host.munmap, start, aligned &- start) }
    if start &+ room > end { host(Host.munmap, end, start &+ room &- end) }
    return result
  }
}
