/// Keeps labels apart that would lie over each other.
enum LabelPlacement {
  /// Places at least `gap` apart, in the order of `wanted`, each group about the mean of what its labels
  /// want, moved into `range` as a whole where it leaves it.
  static func spread(_ wanted: [Double], gap: Double, in range: ClosedRange<Double>) -> [Double] {
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    // Groups of neighbours that touch: the place of the first, and what a first place would be best.
    var groups: [(best: Double, count: Int)] = []
    for index in order {
      groups.append((wanted[index], 1))
      while groups.count > 1 {
        let (below, above) = (groups[groups.count - 2], groups[groups.count - 1])
        if below.best + Double(below.count) * gap <= above.best { break }
        let count = below.count + above.count
        let shifted = above.best - Double(below.count) * gap
        let best =
          (below.best * Double(below.count) + shifted * Double(above.count)) / Double(count)
        groups.removeLast(2)
        groups.append((best, count))
      }
    }
    var places: [Double] = []
    for group in groups {
      for index in 0..<group.count { places.append(group.best + Double(index) * gap) }
    }
    // Into the range, from its end down, then from its start up.
    var limit = range.upperBound
    for index in places.indices.reversed() {
      places[index] = min(places[index], limit)
      limit = places[index] - gap
    }
    limit = range.lowerBound
    for index in places.indices {
      places[index] = max(places[index], limit)
      limit = places[index] + gap
    }
    var result = wanted
    for (place, index) in zip(places, order) { result[index] = place }
    return result
  }
}
