/// Free parts of mapped memory in the order of their addresses, and which of them hold pages.
struct FreeRanges {
  struct Part: Equatable {
    var start: UInt
    var count: Int
    /// Whether the system has given pages for it.
    var holdsPages: Bool

    var end: UInt { start + UInt(count) }
  }

  /// Parts that touch differ in `holdsPages`.
  private(set) var parts: [Part] = []
  /// Bytes of the parts that hold pages.
  private(set) var bytesHeld = 0

  init() {}

  /// Takes `count` bytes from the first place where as many lie together.
  /// - Returns: where, and whether some of them are without pages; nil where there is no such place.
  mutating func take(_ count: Int) -> (start: UInt, needsPages: Bool)? {
    var (first, length) = (0, 0)
    for (index, part) in parts.enumerated() {
      if index == 0 || parts[index - 1].end != part.start { (first, length) = (index, 0) }
      length += part.count
      if length >= count { return cut(count, from: first...index, leaving: length - count) }
    }
    return nil
  }

  private mutating func cut(
    _ count: Int, from run: ClosedRange<Int>, leaving rest: Int
  ) -> (start: UInt, needsPages: Bool) {
    let start = parts[run.lowerBound].start
    var needsPages = false
    for index in run {
      let taken = parts[index].count - (index == run.upperBound ? rest : 0)
      if parts[index].holdsPages {
        bytesHeld -= taken
      } else {
        needsPages = true
      }
    }
    if rest > 0 {
      parts[run.upperBound].start = start + UInt(count)
      parts[run.upperBound].count = rest
      parts.removeSubrange(run.lowerBound..<run.upperBound)
    } else {
      parts.removeSubrange(run)
    }
    return (start, needsPages)
  }

  /// Adds a part, which must overlap no other.
  mutating func put(_ start: UInt, _ count: Int, holdsPages: Bool) {
    var part = Part(start: start, count: count, holdsPages: holdsPages)
    if holdsPages { bytesHeld += count }
    let index = firstIndex(from: start)
    var joined = index..<index
    if index > 0, parts[index - 1].end == start, parts[index - 1].holdsPages == holdsPages {
      part.start = parts[index - 1].start
      part.count += parts[index - 1].count
      joined = index - 1..<index
    }
    if index < parts.count, part.end == parts[index].start, parts[index].holdsPages == holdsPages {
      part.count += parts[index].count
      joined = joined.lowerBound..<index + 1
    }
    parts.replaceSubrange(joined, with: CollectionOfOne(part))
  }

  /// Marks the end of the longest part that holds pages, so many bytes at most, as one without.
  /// - Returns: it; nil where none holds pages.
  mutating func dropLongest(atMost count: Int = .max) -> Part? {
    guard
      let longest = parts.indices.filter({ parts[$0].holdsPages })
        .max(by: { parts[$0].count < parts[$1].count })
    else { return nil }
    var part = parts.remove(at: longest)
    bytesHeld -= part.count
    let rest = max(0, part.count - count)
    if rest > 0 { put(part.start, rest, holdsPages: true) }
    part.start += UInt(rest)
    part.count -= rest
    put(part.start, part.count, holdsPages: false)
    return part
  }

  /// The index of the first part at or after an address.
  private func firstIndex(from start: UInt) -> Int {
    var (low, high) = (0, parts.count)
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
