/// FreeBSD 14 for amd64, as its programs see it.
///
/// Everything the personality knows of that system hangs off this name: constants and layouts here in `ABI/`, the
/// handlers in `Resident/` and `Supervised/` as extensions. `ABI/` is compiled twice, once into the stub and once
/// into an ordinary module, so it imports nothing and does nothing but compute.
package enum FreeBSD {
  /// The release whose interface is served, as `kern.osreldate` and the `AT_OSRELDATE` auxiliary entry say it.
  package static let __FreeBSD_version: Int32 = 1_402_000
}
