internal import ProcessModel

/// What the command line says, whoever has read it.
struct RunOptions {
  var platform = PlatformName.trap
  var personality: PersonalityName?
  var root: String?
  var bind: [String] = []
  var strict = false
  var stats = false
  var rewrite = true
  /// What `-e` was given, in its order.
  var expression: [String] = []
  var output: String?
  /// How often `-t` was given.
  var time = 0
  var relative = false
  var duration = false
  var stringLimit = 32
  /// The program and its arguments.
  var program: [FileName] = []
}
