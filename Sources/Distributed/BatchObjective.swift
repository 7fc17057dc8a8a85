import JEPATensor

/// A differentiable function of sums over a whole batch whose rows lie in several parts: the shards of this
/// process, and of others.
///
/// Each round adds terms over all parts and may use the sums of the rounds before, as a covariance uses means.
/// What a sum over other processes adds to the gradient is carried back to each part (a differentiable
/// all-reduce), so that value and gradients are those of the batch in one piece, up to the order of additions.
///
/// ```swift
/// struct SquaredMean: BatchObjective {
///   let rounds = 1
///   func terms(round: Int, rows: Tensor, part: Int, sums: [[Tensor]]) -> [Tensor] {
///     [rows.sum(axis: 0), Tensor.full([1], Double(rows.shape[0]), dtype: rows.dtype)]
///   }
///   func value(of sums: [[Tensor]]) -> Tensor { (sums[0][0] / sums[0][1]).square().sum() }
/// }
/// ```
public protocol BatchObjective: Sendable {
  /// What is known of a part beside its rows.
  associatedtype Part: Sendable

  /// How often terms are added over the batch.
  var rounds: Int { get }

  /// A part's terms, which are added over all parts; as many, and of the same shapes and types, from each.
  ///
  /// - Parameters:
  ///   - round: from 0.
  ///   - rows: the part's rows, [N, D].
  ///   - sums: of the rounds before this one.
  func terms(round: Int, rows: Tensor, part: Part, sums: [[Tensor]]) -> [Tensor]

  /// The objective, rank 0, from the sums of all rounds.
  func value(of sums: [[Tensor]]) -> Tensor
}

extension BatchObjective {
  /// The value over all parts of all processes, and its gradient with respect to this process's parts.
  ///
  /// Sums are balanced trees over the parts' order and then over the ranks, as those of gradients are, so that
  /// the same parts give the same bits whoever has them (``BatchPartition/keepsBits(shards:ranks:)``).
  ///
  /// Collective: every rank calls it at the same time, with at least one part.
  ///
  /// - Parameter parts: this process's, in order. The rows' gradients are taken here; what they were computed
  ///   from is the caller's business.
  /// - Returns: the same value on every rank; a gradient per part, of the shape of its rows.
  /// - Throws: `CommunicatorError`.
  public func valueAndGradients(
    of parts: [(rows: Tensor, part: Part)], over communicator: any Communicator
  ) throws -> (value: Double, gradients: [Tensor]) {
    require(!parts.isEmpty, "\(Self.self): no parts")
    let all = BatchParts(objective: self, parts: parts, communicator: communicator)
    var (sums, forwards): ([[Tensor]], [[ForwardPass]]) = ([], [])
    for round in 0..<rounds {
      let passes = all.forward(round, sums)
      sums.append(try all.sum(passes.map(\.results)))
      forwards.append(passes)
    }

    let value = ForwardPass(at: sums.flatMap { $0 }) { [self.value(of: Self.rounds($0, as: sums))] }
    require(
      value.results[0].count == 1, "\(Self.self): the value has shape \(value.results[0].shape)")
    var upstream = Self.rounds(
      value.backward([.ones(value.results[0].shape, dtype: value.results[0].dtype)]), as: sums)

    var gradients = parts.map { _ in Tensor?.none }
    for round in (0..<rounds).reversed() {
      let (ofRows, ofSums) = all.backward(forwards.removeLast(), upstream[round])
      for (index, gradient) in ofRows.enumerated() { gradients[index].add(gradient) }
      if round == 0 { continue }
      let earlier = Array(sums[..<round])
      let total = Self.rounds(try all.sum(ofSums, like: earlier.flatMap { $0 }), as: earlier)
      for index in 0..<round {
        for (term, gradient) in total[index].enumerated() { upstream[index][term].add(gradient) }
      }
    }
    let result = zip(parts, gradients).map { part, gradient in
      gradient ?? .zeros(part.rows.shape, dtype: part.rows.dtype)
    }
    return (value.results[0].item(), result)
  }

  /// The value for rows that are all here, with gradients recorded as of any other operator.
  public func callAsFunction(_ rows: Tensor, part: Part) -> Tensor {
    var sums: [[Tensor]] = []
    for round in 0..<rounds {
      sums.append(terms(round: round, rows: rows, part: part, sums: sums))
    }
    return value(of: sums)
  }

  /// A list of tensors cut into rounds as long as those of `sums`.
  private static func rounds<Value>(_ list: [Value], as sums: [[Tensor]]) -> [[Value]] {
    var start = 0
    return sums.map { round in
      defer { start += round.count }
      return Array(list[start..<start + round.count])
    }
  }
}

/// The parts of this process, and the sums over those of all processes.
private struct BatchParts<Objective: BatchObjective>: Sendable {
  let objective: Objective
  let parts: [(rows: Tensor, part: Objective.Part)]
  let communicator: any Communicator

  /// Each part's terms of a round.
  func forward(_ round: Int, _ sums: [[Tensor]]) -> [ForwardPass] {
    parallelMap(parts.count) { index in
      let (rows, part) = parts[index]
      return ForwardPass(at: [rows] + sums.flatMap { $0 }) { inputs in
        var start = 1
        let sums = sums.map { round in
          defer { start += round.count }
          return Array(inputs[start..<start + round.count])
        }
        return objective.terms(round: round, rows: inputs[0], part: part, sums: sums)
      }
    }
  }

  /// The gradients with respect to each part's rows, and to the earlier sums as each part uses them.
  func backward(
    _ passes: [ForwardPass], _ upstream: [Tensor?]
  ) -> (ofRows: [Tensor?], ofSums: [[Tensor?]]) {
    let gradients = parallelMap(passes.count) { passes[$0].backward(upstream) }
    return (gradients.map { $0[0] }, gradients.map { Array($0.dropFirst()) })
  }

  /// The sums over all parts of all processes.
  func sum(_ parts: [[Tensor]]) throws -> [Tensor] {
    try sum(parts.map { $0.map(Optional.some) }, like: parts[0])
  }

  /// - Parameter shapes: tensors like the sums, where no part has one.
  func sum(_ parts: [[Tensor?]], like shapes: [Tensor]) throws -> [Tensor] {
    try shapes.indices.map { index in
      let own = balancedSum(parts.indices, { parts[$0][index] }, add: { $0.accumulate($1) })
      var total = own ?? .zeros(shapes[index].shape, dtype: shapes[index].dtype)
      require(
        total.shape == shapes[index].shape,
        "\(Objective.self): sums of shapes \(total.shape) and \(shapes[index].shape)")
      if communicator.count == 1 { return total }
      let dtype = total.dtype
      try total.withUnsafeMutableBytes { try communicator.sum($0, of: dtype) }
      return total
    }
  }
}

extension Tensor? {
  fileprivate mutating func add(_ other: Tensor?) {
    guard let other else { return }
    if var sum = self {
      self = nil
      sum.accumulate(other)
      self = sum
    } else {
      self = other
    }
  }
}
