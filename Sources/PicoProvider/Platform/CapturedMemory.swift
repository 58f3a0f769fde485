package import CPicoABI
internal import CPicoHost
internal import Synchronization

/// Guest memory during a ring: what the stub has copied into the payload, else the process itself, where the host lets
/// the supervisor at it. What is written is kept, and carried out by the stub before the guest goes on.
package final class CapturedMemory: PicoGuestMemory {
  private let process: Int32
  private let pieces: [(address: UInt64, bytes: [UInt8])]
  private let writes = Mutex<[(address: UInt64, bytes: [UInt8])]>([])

  /// - Parameter payload: `pico_captured` heads and their bytes, up to the length that the stub has said. They are a
  ///   guest's words: what does not add up ends the list.
  package init(process: Int32, payload: UnsafeRawBufferPointer) {
    self.process = process
    var pieces: [(UInt64, [UInt8])] = []
    let head = MemoryLayout<pico_captured>.size
    var at = 0
    while payload.count - at >= head {
      let one = payload.loadUnaligned(fromByteOffset: at, as: pico_captured.self)
      guard Int(one.length) <= payload.count - at - head else { break }
      pieces.append((one.address, Array(payload[at + head..<at + head + Int(one.length)])))
      at += head + (Int(one.length) + 7) & ~7
    }
    self.pieces = pieces
  }

  /// Nothing was copied: the process itself is all there is.
  package init(process: Int32) {
    self.process = process
    pieces = []
  }

  /// - Parameter bytes: the memory at `address`, of which there is one piece.
  package init(process: Int32, address: UInt64, bytes: [UInt8]) {
    self.process = process
    pieces = [(address, bytes)]
  }

  package func read(_ address: UInt64, _ count: Int) throws(NTStatus) -> [UInt8] {
    guard count > 0 else { return [] }
    guard count <= Self.readLimit else { throw .STATUS_ACCESS_VIOLATION }
    for piece in pieces where address >= piece.address {
      let offset = address - piece.address
      guard offset <= UInt64(piece.bytes.count), count <= piece.bytes.count - Int(offset) else { continue }
      return Array(piece.bytes[Int(offset)..<Int(offset) + count])
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard pico_read_memory(process, &bytes, address, UInt64(count)) == count else { throw .STATUS_ACCESS_VIOLATION }
    return bytes
  }

  package func readString(_ address: UInt64, limit: Int) throws(NTStatus) -> [UInt8]? {
    for piece in pieces where address >= piece.address && address - piece.address < UInt64(piece.bytes.count) {
      let bytes = piece.bytes[Int(address - piece.address)...]
      if let end = bytes.firstIndex(of: 0) { return end - bytes.startIndex < limit ? Array(bytes[..<end]) : nil }
      if bytes.count >= limit { return nil }
    }
    // A string may end right before memory that cannot be read: page by page.
    var text: [UInt8] = []
    var at = address
    while text.count < limit {
      let piece = try read(at, min(4096 - Int(at & 4095), limit - text.count))
      if let end = piece.firstIndex(of: 0) { return text + piece[..<end] }
      text += piece
      at = at &+ UInt64(piece.count)
    }
    return nil
  }

  package func write(_ bytes: [UInt8], at address: UInt64) throws(NTStatus) {
    guard !bytes.isEmpty else { return }
    writes.withLock { $0.append((address, bytes)) }
  }

  /// No reading of guest memory needs more at once.
  private static let readLimit = 1 << 20

  /// Leaves what was written to the stub: steps in the transfer page, bytes in the payload. What does not fit is written
  /// from here. False when that fails.
  package func handOver(
    to transfer: UnsafeMutablePointer<pico_transfer>, _ payload: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var used = 0
    var steps = 0
    for (address, bytes) in writes.withLock({ $0 }) {
      if steps < Int(PICO_SCRIPT_MAX), bytes.count <= payload.count - used {
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: payload[used...]).copyMemory(from: $0) }
        pico_steps(transfer)[steps] = pico_step(
          kind: UInt64(PICO_STEP_WRITE.rawValue), a: (address, UInt64(used), UInt64(bytes.count), 0, 0, 0))
        used += bytes.count
        steps += 1
      } else if pico_write_memory(process, address, bytes, UInt64(bytes.count)) != bytes.count {
        return false
      }
    }
    transfer.pointee.step_count = UInt32(steps)
    return true
  }
}
