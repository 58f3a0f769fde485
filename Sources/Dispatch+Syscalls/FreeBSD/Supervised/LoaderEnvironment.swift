internal import Glibc

extension FreeBSD {
  /// What FreeBSD's loader sets and is true here: where the kernel and its modules would lie, and the firmware's words
  /// on the machine, which the host has as well. What only the superuser may see of them stays out.
  static func loaderEnvironment() -> [(name: [UInt8], value: [UInt8])] {
    let fixed = [
      ("kernel", "kernel"), ("kernelname", "/boot/kernel/kernel"), ("module_path", "/boot/kernel;/boot/modules"),
    ]
    let firmware = [
      ("bios.reldate", "bios_date"), ("bios.vendor", "bios_vendor"), ("bios.version", "bios_version"),
      ("chassis.maker", "chassis_vendor"), ("chassis.version", "chassis_version"), ("planar.maker", "board_vendor"),
      ("planar.product", "board_name"), ("planar.version", "board_version"), ("system.family", "product_family"),
      ("system.maker", "sys_vendor"), ("system.product", "product_name"), ("system.sku", "product_sku"),
      ("system.version", "product_version"),
    ]
    let read = firmware.compactMap { name, file in
      firstLine("/sys/class/dmi/id/\(file)").map { (Array("smbios.\(name)".utf8), $0) }
    }
    return fixed.map { (Array($0.utf8), Array($1.utf8)) } + read
  }

  /// The first line of a small file, as long as a value may be. Nil when it is empty or cannot be read.
  private static func firstLine(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &bytes, bytes.count)
    let line = bytes.prefix(max(count, 0)).prefix { $0 != 0x0a && $0 != 0 }
    return line.isEmpty ? nil : Array(line)
  }
}
