/// The number of insertions, deletions, replacements and swaps of neighbours that turn one text
/// into the other (optimal string alignment), of their first 100 characters. Case, `_` and `-` do not count.
package func editDistance(_ first: String, _ second: String) -> Int {
  func letters(_ text: String) -> [UInt8] {
    text.prefix(100).lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
  }
  let (a, b) = (letters(first), letters(second))
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in 1...a.count {
    var current = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      current[j] = min(previous[j] + 1, current[j - 1] + 1, replaced)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], beforePrevious[j - 2] + 1)
      }
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[b.count]
}

/// The candidate nearest to `text`; the first of equals.
package func nearest(to text: String, among candidates: [String]) -> String? {
  candidates.min { editDistance(text, $0) < editDistance(text, $1) }
}
