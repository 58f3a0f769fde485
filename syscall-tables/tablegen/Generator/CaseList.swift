/// The items of a `case`, in lines of bearable length.
func wrapped(_ items: [String]) -> String {
  var lines = [""]
  for (place, item) in items.enumerated() {
    let piece = item + (place == items.count - 1 ? "" : ", ")
    if lines[lines.count - 1].count + piece.count > 100 { lines.append("") }
    lines[lines.count - 1] += piece
  }
  return lines.joined(separator: "\n      ")
}
