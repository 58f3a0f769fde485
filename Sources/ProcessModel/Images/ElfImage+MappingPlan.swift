extension ElfImage {
  /// One thing to do in the empty picoprocess so that the image stands in its memory.
  ///
  /// Addresses and lengths of all steps but `zero` are whole pages. Protections are `mmap`'s.
  package enum MappingStep: Equatable, Sendable {
    /// Map a piece of the file, privately and at exactly this address.
    case file(address: UInt64, length: UInt64, protection: UInt32, offset: UInt64)
    /// Clear what the file's last page holds beyond the segment.
    case zero(address: UInt64, length: UInt64)
    /// Map empty memory at exactly this address.
    case anonymous(address: UInt64, length: UInt64, protection: UInt32)
    /// Take a protection away that was needed for `zero` only.
    case protect(address: UInt64, length: UInt64, protection: UInt32)
  }

  /// How to load the image with `bias` added to all its addresses.
  ///
  /// The steps come in the order of the headers, so of two segments that share a page the later one's file piece
  /// stands there, as with the loaders of Linux and FreeBSD.
  ///
  /// - Throws: `.unalignedBias`, or `.segmentOutsideMemory` and `.segmentInReservedRegion` for a segment that the
  ///   bias takes where it may not be.
  package func mappingPlan(bias: UInt64) throws(ImageError) -> [MappingStep] {
    guard bias % UserMemory.pageSize == 0 else { throw .unalignedBias(bias) }
    var steps: [MappingStep] = []
    for segment in segments {
      let (address, overflow) = segment.address.addingReportingOverflow(bias)
      guard !overflow else { throw .segmentOutsideMemory(segment.index) }
      switch UserMemory.placement(of: address, size: segment.memorySize, lowest: UserMemory.lowest) {
      case .fits: steps += Self.steps(for: segment, at: address)
      case .outside: throw .segmentOutsideMemory(segment.index)
      case .reserved: throw .segmentInReservedRegion(segment.index)
      }
    }
    return steps
  }

  private static func steps(for segment: Segment, at address: UInt64) -> [MappingStep] {
    let firstPage = address & ~(UserMemory.pageSize - 1)
    let fileEnd = address + segment.fileSize
    let filePagesEnd = segment.fileSize == 0 ? firstPage : UserMemory.pageRoundedUp(fileEnd)
    let pagesEnd = UserMemory.pageRoundedUp(address + segment.memorySize)
    let clearsTail = segment.fileSize > 0 && segment.memorySize > segment.fileSize && fileEnd < filePagesEnd
    let clearsReadOnlyTail = clearsTail && !segment.isWritable
    var steps: [MappingStep] = []
    if segment.fileSize > 0 {
      steps.append(
        .file(
          address: firstPage, length: filePagesEnd - firstPage,
          protection: clearsReadOnlyTail ? segment.protection | 2 : segment.protection,
          offset: segment.offset - (address - firstPage)))
    }
    if clearsTail { steps.append(.zero(address: fileEnd, length: filePagesEnd - fileEnd)) }
    if clearsReadOnlyTail {
      steps.append(
        .protect(address: firstPage, length: filePagesEnd - firstPage, protection: segment.protection))
    }
    if pagesEnd > filePagesEnd {
      steps.append(
        .anonymous(address: filePagesEnd, length: pagesEnd - filePagesEnd, protection: segment.protection))
    }
    return steps
  }
}
