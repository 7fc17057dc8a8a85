import JEPATensor

/// Draws from an autoregressive head by computing every unit once.
///
/// Drawing coordinate p needs the mixture at position p alone, and that needs the units of degree up to
/// p, which depend on coordinates already drawn. So after each coordinate the units of the next degree
/// are computed, layer by layer, then the next mixture: in all, the products of one forward pass with
/// the masked half left out. Peers run the whole network once per coordinate.
///
/// Activations lie as [units, rows], so that what a unit depends on is a contiguous prefix. The
/// arithmetic is in the accumulation type, whatever the weights' type.
package struct AutoregressiveSampler: Sendable {
  /// What is put out per coordinate.
  enum Output { case draws, expectations }

  /// Rows drawn together. Fixed, so that draws do not depend on the number of threads.
  package static let chunk = 128

  /// The weights with columns and rows by position.
  private struct Ordered: Sendable {
    var layers: [Linear]
    /// Row p · 3K + parameter.
    var out: Linear
    var shift: Tensor?
  }

  private let layout: AutoregressiveLayout
  private let options: AutoregressiveOptions
  private let dtype: DType
  private let orderings: [Ordered]

  init(_ head: AutoregressiveHead) {
    let wide = head.cast(to: head.out.weight.dtype.accumulation)
    let (layout, components) = (head.layout, head.options.components)
    self.layout = layout
    options = head.options
    dtype = wide.out.weight.dtype
    orderings = layout.orders.indices.map { ordering in
      var layers = wide.layers
      layers[0].weight = layout.ordered(layers[0].weight, ordering)
      let rows = layout.orders[ordering].flatMap { coordinate in
        (0..<3 * components).map { $0 * layout.targetDimensions + coordinate }
      }
      var out = wide.out
      out.weight = out.weight.gatherRows(rows)
      out.bias = out.bias?.gatherRows(rows)
      let shift = wide.shift.map {
        layout.ordered($0, ordering).gatherRows(layout.orders[ordering])
      }
      return Ordered(layers: layers, out: out, shift: shift)
    }
  }

  /// `count` draws (or expectations along draws) per row of the context [N, C]: [count, N, D].
  func draw(
    _ count: Int, context: Tensor, _ output: Output, using random: inout RandomSource
  ) -> Tensor {
    require(count >= 0, "sample: \(count) draws")
    let source = RandomSource(seed: random.next())
    let (rows, dimensions) = (context.shape[0], layout.targetDimensions)
    let shape = [count, rows, dimensions]
    if count * rows == 0 { return .zeros(shape, dtype: dtype) }
    let groups = Self.groups(count * rows, orderings.count, source.split("orderings"))
    var chunks: [(ordering: Int, rows: ArraySlice<Int>)] = []
    for (ordering, group) in groups.enumerated() {
      for start in stride(from: 0, to: group.count, by: Self.chunk) {
        chunks.append((ordering, group[start..<min(start + Self.chunk, group.count)]))
      }
    }
    let work = chunks
    let parts = parallelMap(work.count) { index -> Tensor in
      var draws = source.split(index)
      return run(
        context: context.gatherRows(work[index].rows.map { $0 % rows }), work[index].ordering,
        key: draws.next(), output)
    }
    let joined = Tensor.concatenated(parts, axis: 0)  // [count · N, D]
    if groups.count == 1 { return joined.reshaped(shape) }
    var places = [Int](repeating: 0, count: count * rows)
    for (place, row) in groups.joined().enumerated() { places[row] = place }
    return joined.gatherRows(places).reshaped(shape)
  }

  /// The rows that each ordering draws.
  private static func groups(_ rows: Int, _ orderings: Int, _ source: RandomSource) -> [[Int]] {
    if orderings == 1 { return [Array(0..<rows)] }
    var groups = [[Int]](repeating: [], count: orderings)
    var draws = source
    for row in 0..<rows { groups[draws.integer(below: orderings)].append(row) }
    return groups
  }

  /// One draw for each row of the context [R, C], R ≤ `chunk`: [R, D].
  private func run(context: Tensor, _ ordering: Int, key: UInt64, _ output: Output) -> Tensor {
    let rows = context.shape[0]
    let columns = (rows + 31) / 32 * 32
    let (lead, dimensions) = (layout.contextDimensions, layout.targetDimensions)
    let weights = orderings[ordering]
    func block(_ rows: Int) -> ColumnBlock {
      ColumnBlock(rows: rows, columns: columns, dtype: dtype)
    }
    // The context first, so that it is part of every prefix.
    let head = context.transposed()
    let (drawn, seen) = (block(dimensions), block(lead + dimensions))
    seen.setRows(from: 0, head)
    let hidden = weights.layers.map { _ in
      let units = block(lead + options.hiddenDimensions)
      units.setRows(from: 0, head)
      return units
    }
    let (mixture, uniform) = (block(3 * options.components), block(2))
    let shift = weights.shift.map { _ in block(1) }
    let means = output == .expectations ? block(dimensions) : nil
    var scratch = block(0)
    for position in 0..<dimensions {
      let known = position == 0 ? 0 : layout.unitsThrough[position - 1]
      let units = known..<layout.unitsThrough[position]
      if units.count > scratch.rows { scratch = block(units.count) }
      for (index, layer) in weights.layers.enumerated() where !units.isEmpty {
        scratch.setProduct(
          rows: 0..<units.count, weight: layer.weight, weightRow: units.lowerBound,
          bias: layer.bias, depth: lead + (index == 0 ? position : units.upperBound),
          of: index == 0 ? seen : hidden[index - 1])
        hidden[index].setActivated(
          rows: lead + units.lowerBound..<lead + units.upperBound, options.activation, of: scratch,
          adding: index > 0 && options.residual ? hidden[index - 1] : nil)
      }
      mixture.setProduct(
        rows: 0..<mixture.rows, weight: weights.out.weight, weightRow: position * mixture.rows,
        bias: weights.out.bias, depth: lead + units.upperBound, of: hidden[hidden.count - 1])
      if let shift, let weight = weights.shift {
        shift.setProduct(
          rows: 0..<1, weight: weight, weightRow: position, bias: nil, depth: position, of: drawn)
      }
      uniform.setUniform(key: key, index: position)
      drawn.setDraws(
        row: position, parameters: mixture, component: options.component,
        minimumScale: options.minimumScale, uniform: uniform, shift: shift,
        means: means.map { ($0, position) })
      seen.setBounded(row: lead + position, options.inputBound, of: drawn, row: position)
    }
    return (means ?? drawn).tensor(rows: 0..<dimensions, columns: rows)  // by position
      .gatherRows(layout.positions[ordering]).transposed()
  }
}
