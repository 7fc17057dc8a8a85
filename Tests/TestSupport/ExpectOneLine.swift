import Testing

/// Expects that a process said exactly one line on standard error before it ended, and that the line has `parts`. What
/// Swift's own crash reporter writes after it, where it is switched on, does not count.
public func expectOneLine(
  _ result: ExitTest.Result?, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let result else { return }
  let text = String(decoding: result.standardErrorContent, as: UTF8.self)
  let lines = text.split(separator: "\n").prefix { !$0.contains("Program crashed") }
    .filter { !$0.isEmpty && !$0.hasPrefix("***") }
  #expect(lines.count == 1, "\(text)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(lines.first?.contains(part) == true, "\(part): \(text)", sourceLocation: sourceLocation)
  }
}
