internal import ExceptionDispatch
internal import FreeBSDPersonality
internal import LinuxPersonality
internal import PicoProvider
internal import ProcessModel

/// The personalities of this command, registered as providers of the pico contract.
enum Providers {
  /// The contract that a silo runs on. Nil when the host has no descriptor to give.
  static func contract(_ memory: SiloMemory, _ reporter: Reporter) -> SiloContract? {
    guard let watch = HostWatch() else { return nil }
    let platform = SiloPlatform(memory: memory, watch: watch)
    let registry = PicoRegistry(platform: platform)
    do throws(NTStatus) {
      let linux = try registry.PsRegisterPicoProvider(
        Linux.provider(
          report: { reporter.exception($0, $1, isFreeBSD: false) }, walk: { StackWalk.addresses($0, limit: $1) }))
      let freeBSD = try registry.PsRegisterPicoProvider(
        FreeBSD.provider(
          report: { reporter.exception($0, $1, isFreeBSD: true) }, walk: { StackWalk.addresses($0, limit: $1) }))
      return SiloContract(registry: registry, platform: platform, linux: linux, freeBSD: freeBSD)
    } catch {
      return nil
    }
  }
}
