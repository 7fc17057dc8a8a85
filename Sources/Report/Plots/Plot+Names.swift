// Names of variants as labels: they have to leave room for the plot.

extension Plot {
  /// The beginning of a name, and of what ends in `=value`, the value: variants of a key differ in it.
  static func short(_ name: String, limit: Int = 16) -> String {
    guard name.count > limit else { return name }
    let value = name.lastIndex(of: "=").map { name[$0...].prefix(limit / 2) } ?? ""
    return name.prefix(limit - 1 - value.count) + "…" + value
  }

  /// A name in front of its row: the head, and its options in smaller print below.
  static func name(_ name: String, endingAt x: Double, _ y: Double) -> [HTML] {
    let (head, options) = nameLines(name)
    guard let options else { return [text(head, x, y + 4, anchor: "end", style: "label")] }
    return [
      text(head, x, y - 1, anchor: "end", style: "label"),
      text(options, x, y + 9, anchor: "end", style: "options"),
    ]
  }

  static func nameWidth(_ name: String) -> Double {
    let (head, options) = nameLines(name)
    return max(labelWidth(head), options.map { textWidth($0, size: optionsSize) } ?? 0)
  }

  /// `flow couplings=4` → `flow`, `couplings=4`; of options too long for that the values, in their order.
  private static func nameLines(_ name: String) -> (head: String, options: String?) {
    let words = name.split(separator: " ")
    guard words.count > 1, words.dropFirst().allSatisfy({ $0.contains("=") }) else {
      return (short(name), nil)
    }
    var options = words.dropFirst().joined(separator: " ")
    if words.count > 2, options.count > optionsLimit {
      options = words.dropFirst().compactMap { $0.split(separator: "=").last }.joined(
        separator: ", ")
    }
    return (short(String(words[0])), short(options, limit: optionsLimit))
  }

  private static let optionsSize = 9.5
  private static let optionsLimit = 20
}
