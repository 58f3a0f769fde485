/// Execution begins at `_start` in assembly; this keeps the package manager content.
@main
struct Stub {
  static func main() {}
}
