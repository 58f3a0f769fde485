extension ElfImage {
  /// Reads and checks the headers of an ELF program.
  ///
  /// - Throws: `ImageError`, in the order: identification, type, machine, size and number of headers, segments one
  ///   by one (file range, memory range, alignment), the interpreter's path, overlaps, entry point.
  /// - Source: ELF-64 object file format; for limits Linux 6.12 `fs/binfmt_elf.c`.
  package static func parse(_ file: ImageReader) throws(ImageError) -> ElfImage {
    let identification = try file.available(at: 0, count: 20)
    guard !identification.isEmpty else { throw .empty }
    guard identification.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notAnImage }
    guard identification.count == 20 else { throw .truncated(part: "ELF header") }
    guard identification[5] == 1 else { throw identification[5] == 2 ? .wrongByteOrder : .notAnImage }
    let machine: UInt16 = identification.littleEndian(at: 18)
    guard identification[4] == 2 else { throw identification[4] == 1 ? .thirtyTwoBit : .notAnImage }
    guard machine == 62 else { throw .wrongMachine(machine) }
    guard identification[6] == 1 else { throw .wrongVersion }
    let header = try file.bytes(at: 0, count: 64, part: "ELF header")
    let type: UInt16 = header.littleEndian(at: 16)
    guard type == 2 || type == 3 else { throw .notExecutable(type: type) }

    var image = ElfImage(
      kind: type == 2 ? .fixed : .relocatable, entry: header.littleEndian(at: 24), osabi: header[7], segments: [],
      programHeaderCount: Int(header.littleEndian(at: 56, as: UInt16.self)), notes: [])
    let headersOffset: UInt64 = header.littleEndian(at: 32)
    let headers = try readHeaders(file, offset: headersOffset, header: header)
    for (index, header) in headers.enumerated() {
      try image.take(header, index: index, file: file)
    }
    try image.checkSegments()
    if image.programHeaders == nil { image.programHeaders = image.addressInMemory(ofFileOffset: headersOffset) }
    guard image.contains(image.entry) else { throw .entryOutside(image.entry) }
    return image
  }

  private init(
    kind: Kind, entry: UInt64, osabi: UInt8, segments: [Segment], programHeaderCount: Int, notes: [Note]
  ) {
    self.kind = kind
    self.entry = entry
    self.osabi = osabi
    self.segments = segments
    self.programHeaderCount = programHeaderCount
    self.notes = notes
  }

  private static func readHeaders(
    _ file: ImageReader, offset: UInt64, header: [UInt8]
  ) throws(ImageError) -> [ProgramHeader] {
    let size: UInt16 = header.littleEndian(at: 54)
    let count = Int(header.littleEndian(at: 56, as: UInt16.self))
    guard count > 0 else { throw .noHeaders }
    guard Int(size) == programHeaderSize else { throw .badHeaderSize(size) }
    guard count <= maximumHeaders else { throw .tooManyHeaders(count, limit: maximumHeaders) }
    let table = try file.bytes(at: offset, count: count * programHeaderSize, part: "program headers")
    return (0..<count).map { ProgramHeader(table, at: $0 * programHeaderSize) }
  }

  /// Adds what one program header says to the image.
  private mutating func take(_ header: ProgramHeader, index: Int, file: ImageReader) throws(ImageError) {
    switch header.type {
    case .load:
      guard header.memorySize > 0 || header.fileSize > 0 else { return }
      segments.append(try segment(header, index: index, fileLength: file.size))
    case .interpreter where interpreter == nil:
      interpreter = try Self.interpreterPath(header, file: file)
    case .note:
      notes += try Self.notes(header, file: file, limit: 64 - notes.count)
    case .threadLocalStorage:
      guard header.fileSize <= header.memorySize else { throw .segmentSmallerThanFile(index) }
      threadLocalStorage = ThreadLocalStorage(
        address: header.address, memorySize: header.memorySize, fileSize: header.fileSize, alignment: header.alignment)
    case .stack: stackFlags = header.flags
    case .headers: programHeaders = header.address
    default: break
    }
  }

  private func segment(_ header: ProgramHeader, index: Int, fileLength: UInt64) throws(ImageError) -> Segment {
    let (fileEnd, overflow) = header.offset.addingReportingOverflow(header.fileSize)
    guard header.fileSize == 0 || (!overflow && fileEnd <= fileLength) else { throw .segmentOutsideFile(index) }
    guard header.fileSize <= header.memorySize else { throw .segmentSmallerThanFile(index) }
    let page = UserMemory.pageSize
    guard header.fileSize == 0 || header.address % page == header.offset % page else { throw .segmentMisaligned(index) }
    guard header.memorySize <= Self.maximumSpan else { throw .segmentTooLarge(index) }
    // A relocatable image is checked once more when its bias is known.
    let lowest = kind == .fixed ? UserMemory.lowest : 0
    switch UserMemory.placement(of: header.address, size: header.memorySize, lowest: lowest) {
    case .fits: break
    case .outside: throw .segmentOutsideMemory(index)
    case .reserved: throw .segmentInReservedRegion(index)
    }
    return Segment(
      index: index, address: header.address, memorySize: header.memorySize, fileSize: header.fileSize,
      offset: header.offset, protection: header.protection, alignment: header.alignment)
  }

  private func checkSegments() throws(ImageError) {
    guard !segments.isEmpty else { throw .noLoadableSegment }
    guard segments.count <= Self.maximumSegments else {
      throw .tooManySegments(segments.count, limit: Self.maximumSegments)
    }
    let sorted = segments.sorted { $0.address < $1.address }
    for (lower, upper) in zip(sorted, sorted.dropFirst()) where upper.address < lower.end {
      throw .segmentsOverlap(lower.index, upper.index)
    }
    guard let last = sorted.last, last.end - lowestPage <= Self.maximumSpan else {
      throw .segmentTooLarge(sorted.last?.index ?? 0)
    }
  }

  private func addressInMemory(ofFileOffset offset: UInt64) -> UInt64? {
    segments.first { $0.offset <= offset && offset - $0.offset < $0.fileSize }
      .map { offset - $0.offset + $0.address }
  }

  private static func interpreterPath(_ header: ProgramHeader, file: ImageReader) throws(ImageError) -> FileName {
    guard header.fileSize <= UInt64(maximumInterpreterPath) else { throw .interpreterTooLong(header.fileSize) }
    guard header.fileSize > 0 else { throw .interpreterEmpty }
    let bytes = try file.bytes(at: header.offset, count: Int(header.fileSize), part: "interpreter path")
    guard bytes.last == 0 else { throw .interpreterNotTerminated }
    guard bytes.first != 0 else { throw .interpreterEmpty }
    return FileName(bytes: bytes[...])
  }
}
