import Foundation
import JEPAData
import JEPADensity
import JEPATensor

extension DensityPicture {
  /// The true conditional density of a toy beside a head's.
  ///
  /// For one target dimension given one context dimension, a single row of heat maps of p(t | x) over
  /// (x, t), with colours by the square root up to twice the median over x of the highest density; for
  /// two target dimensions, a row for each of the toy's example contexts. A head with an
  /// exact density is drawn by it; of any other a histogram of its samples is drawn, a little
  /// smoothed, and the title says so.
  ///
  /// - Parameters:
  ///   - name: What the head is called in the title.
  ///   - modes: Modes to mark on the learned side, one list for each example context.
  ///   - showsMean: Draws the head's mean over a one-dimensional density.
  ///   - dtype: The element type in which the head takes contexts.
  public init<Toy: ConditionalToy, Head: DensityPredictor>(
    comparing head: Head, named name: String, with toy: Toy, title: String, subtitle: String = "",
    modes: [[Mode]] = [], showsMean: Bool = false, dtype: DType = .float32,
    using random: inout RandomSource
  ) {
    let painter = ConditionalPainter(toy: toy, head: head, name: name, dtype: dtype)
    switch (toy.contextDimensions, toy.targetDimensions) {
    case (1, 1):
      self.init(
        title: title, subtitle: subtitle,
        rows: [painter.curveRow(modes: modes, showsMean: showsMean, using: &random)])
    case (_, 2):
      self.init(
        title: title, subtitle: subtitle,
        rows: painter.planeRows(modes: modes, using: &random))
    default:
      requirementFailed(
        """
        DensityPicture: cannot draw \(toy.targetDimensions) target dimensions given \
        \(toy.contextDimensions) context dimensions
        """)
    }
  }
}

/// Turns densities into panels.
private struct ConditionalPainter<Toy: ConditionalToy, Head: DensityPredictor> {
  let toy: Toy
  let head: Head
  let name: String
  let dtype: DType

  // MARK: One target dimension given one context dimension

  func curveRow(modes: [[Mode]], showsMean: Bool, using random: inout RandomSource)
    -> DensityPicture.Row
  {
    let columns = hasExactDensity ? 240 : 120
    let rows = columns
    let (horizontal, vertical) = (toy.contextBounds[0], widened(toy.targetBounds[0]))
    let xs = Self.midpoints(of: horizontal, count: columns)
    let ts = Self.midpoints(of: vertical, count: rows)
    let grid = Tensor(ts.flatMap { t in xs.flatMap { [$0, t] } }, shape: [rows * columns, 2])
    let contexts = grid.slice(axis: 1, 0..<1)
    let targets = grid.slice(axis: 1, 1..<2)
    var panels = [
      panel("true", horizontal, vertical, columns, rows, truth(targets, contexts))
    ]
    if let density = exactDensity(targets, contexts) {
      panels.append(panel("\(name), learned", horizontal, vertical, columns, rows, density))
    } else {
      let count = 500
      let context = Tensor(xs, shape: [columns, 1], dtype: dtype)
      let samples = head(context).sample(count, using: &random).doubles()  // [S, columns]
      var values = [Double](repeating: 0, count: rows * columns)
      for column in 0..<columns {
        let own = (0..<count).map { samples[$0 * columns + column] }
        let density = Self.histogram(own, vertical, cells: rows)
        for row in 0..<rows { values[row * columns + column] = density[row] }
      }
      panels.append(
        panel("\(name), learned: samples", horizontal, vertical, columns, rows, values))
    }
    let contextsOfModes = toy.exampleContexts.doubles()
    for (x, modes) in zip(contextsOfModes, modes) {
      panels[1].marks += modes.map { (x, $0.location.doubles()[0]) }
    }
    if showsMean {
      let means = head(Tensor(xs, shape: [columns, 1], dtype: dtype)).mean(using: &random)
      panels[1].curves = [Array(zip(xs, means.doubles())).map { (x: $0.0, y: $0.1) }]
    }
    for index in panels.indices {
      panels[index].horizontalLabel = "x"
      panels[index].verticalLabel = "t"
    }
    // A few narrow conditionals would leave the others pale.
    var row = DensityPicture.Row(panels: panels)
    let highest = (0..<columns).map { column in
      (0..<rows).reduce(0) { max($0, panels[0].values[$1 * columns + column]) }
    }
    row.peak = 2 * highest.sorted()[columns / 2]
    row.exponent = 0.5
    return row
  }

  // MARK: Two target dimensions

  func planeRows(modes: [[Mode]], using random: inout RandomSource) -> [DensityPicture.Row] {
    let (horizontal, vertical) = (toy.targetBounds[0], toy.targetBounds[1])
    let columns = hasExactDensity ? 160 : 80
    let rows = max(
      1,
      Int(
        Double(columns) * (vertical.upperBound - vertical.lowerBound)
          / (horizontal.upperBound - horizontal.lowerBound)))
    let xs = Self.midpoints(of: horizontal, count: columns)
    let ys = Self.midpoints(of: vertical, count: rows)
    let targets = Tensor(ys.flatMap { y in xs.flatMap { [$0, y] } }, shape: [rows * columns, 2])
    return (0..<toy.exampleContexts.shape[0]).map { index in
      let context = toy.exampleContexts.slice(axis: 0, index..<index + 1)
      let contexts = context.broadcast(to: [rows * columns, toy.contextDimensions])
      var panels = [
        panel("true", horizontal, vertical, columns, rows, truth(targets, contexts))
      ]
      if let density = exactDensity(targets, contexts) {
        panels.append(panel("\(name), learned", horizontal, vertical, columns, rows, density))
      } else {
        let draws = head(context.cast(to: dtype)).sample(10_000, using: &random).doubles()
        let values = Self.histogram(
          draws, [horizontal, vertical], cells: [columns, rows])
        panels.append(
          panel("\(name), learned: samples", horizontal, vertical, columns, rows, values))
      }
      if index < modes.count {
        panels[1].marks = modes[index].map {
          let location = $0.location.doubles()
          return (location[0], location[1])
        }
      }
      return DensityPicture.Row(label: toy.label(of: context.doubles()), panels: panels)
    }
  }

  // MARK: Densities on a grid

  private func panel(
    _ title: String, _ horizontal: ClosedRange<Double>, _ vertical: ClosedRange<Double>,
    _ columns: Int, _ rows: Int, _ values: [Double]
  ) -> DensityPanel {
    DensityPanel(
      title: title, horizontal: horizontal, vertical: vertical, columns: columns, rows: rows,
      values: values)
  }

  private func truth(_ targets: Tensor, _ contexts: Tensor) -> [Double] {
    Self.inChunks(targets.shape[0]) { range in
      toy.logDensity(
        of: targets.slice(axis: 0, range), given: contexts.slice(axis: 0, range)
      ).exp().doubles()
    }
  }

  /// Samples cost more than densities, so pictures of samples are coarser.
  private var hasExactDensity: Bool { Head.Prediction.likelihoodKind == .exact }

  /// nil where the head's density is not exact.
  private func exactDensity(_ targets: Tensor, _ contexts: Tensor) -> [Double]? {
    guard hasExactDensity else { return nil }
    return Self.inChunks(targets.shape[0]) { range in
      let prediction = head(contexts.slice(axis: 0, range).cast(to: dtype))
      let y = targets.slice(axis: 0, range).cast(to: dtype)
      var none = RandomSource(seed: 0)
      let found = prediction.likelihood(of: y, using: &none)
      return found?.logDensity.detached().exp().doubles() ?? []
    }
  }

  private static func inChunks(_ count: Int, _ body: @Sendable (Range<Int>) -> [Double])
    -> [Double]
  {
    let chunk = 2048
    return parallelMap((count + chunk - 1) / chunk) { index in
      body(index * chunk..<min((index + 1) * chunk, count))
    }.flatMap(\.self)
  }

  private static func midpoints(of range: ClosedRange<Double>, count: Int) -> [Double] {
    let length = range.upperBound - range.lowerBound
    return (0..<count).map { range.lowerBound + (Double($0) + 0.5) / Double(count) * length }
  }

  /// Room beyond the targets, so that density where none should be shows.
  private func widened(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    let margin = 0.06 * (range.upperBound - range.lowerBound)
    return range.lowerBound - margin...range.upperBound + margin
  }

  private static func histogram(
    _ values: [Double], _ range: ClosedRange<Double>, cells: Int
  ) -> [Double] {
    histogram(values, [range], cells: [cells])
  }

  /// A histogram of rows of coordinates, smoothed by a Gaussian of 1.5 cells along each axis, as a
  /// density. The first coordinate runs fastest.
  private static func histogram(
    _ values: [Double], _ ranges: [ClosedRange<Double>], cells: [Int]
  ) -> [Double] {
    let count = values.count / max(1, ranges.count)
    var result = [Double](repeating: 0, count: cells.reduce(1, *))
    let sizes = zip(ranges, cells).map { ($0.upperBound - $0.lowerBound) / Double($1) }
    let height = 1 / (Double(max(1, count)) * sizes.reduce(1, *))
    for row in 0..<count {
      var (index, step, isInside) = (0, 1, true)
      for axis in ranges.indices {
        let place = (values[row * ranges.count + axis] - ranges[axis].lowerBound) / sizes[axis]
        guard place >= 0, place < Double(cells[axis]) else {
          isInside = false
          break
        }
        index += Int(place) * step
        step *= cells[axis]
      }
      if isInside { result[index] += height }
    }
    var step = 1
    for size in cells {
      result = smoothed(result, step: step, size: size)
      step *= size
    }
    return result
  }

  private static func smoothed(_ values: [Double], step: Int, size: Int) -> [Double] {
    let reach = 5
    let kernel = (-reach...reach).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let total = kernel.reduce(0, +)
    var result = values
    for index in values.indices {
      let position = index / step % size
      var sum = 0.0
      for offset in -reach...reach where 0..<size ~= position + offset {
        sum += kernel[offset + reach] * values[index + offset * step]
      }
      result[index] = sum / total
    }
    return result
  }
}
