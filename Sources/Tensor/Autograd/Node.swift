/// A recorded operation: the nodes of its operands and the function from the gradient of its result
/// to the gradients of its operands.
///
/// Backward functions keep *detached* tensors only, so that `inputs` is the sole way from a node to
/// those before it. That lets a graph be released node by node: with recursion, a chain of 100,000
/// operations would overflow the stack.
final class Node: @unchecked Sendable {
  private(set) var inputs: [Node?]
  private(set) var backward: ((Tensor) -> [Tensor?])?
  /// Makes the result's values again from what `backward` keeps, for operations that need them as an
  /// operand: where that costs little, the values themselves need not be kept.
  private(set) var remake: (() -> Tensor)?

  init(inputs: [Node?] = [], backward: ((Tensor) -> [Tensor?])? = nil) {
    self.inputs = inputs
    self.backward = backward
  }

  /// The operands' gradients; frees what was kept for them.
  func takeGradients(_ upstream: Tensor) -> [Tensor?] {
    defer { (backward, remake) = (nil, nil) }
    return backward?(upstream) ?? []
  }

  func remadeBy(_ make: @escaping () -> Tensor) { remake = make }

  deinit {
    var pending = inputs.compactMap { $0 }
    inputs = []
    while var node = pending.popLast() {
      if isKnownUniquelyReferenced(&node) {
        pending.append(contentsOf: node.inputs.lazy.compactMap { $0 })
        node.inputs = []
      }
    }
  }
}

extension Tensor {
  /// `value` with a node, if any operand has one. `backward` returns a gradient (or nil) per operand
  /// and must capture detached tensors only.
  static func recorded(
    _ value: Tensor, from operands: [Tensor], _ backward: @escaping (Tensor) -> [Tensor?]
  ) -> Tensor {
    if !operands.contains(where: { $0.node != nil }) { return value }
    var result = value
    result.node = Node(inputs: operands.map(\.node), backward: backward)
    return result
  }

  /// This tensor, whose values `make` gives again, the same bits, from what its node keeps anyway; it must
  /// capture detached tensors only.
  func remade(by make: @escaping () -> Tensor) -> Tensor {
    node?.remadeBy(make)
    return self
  }

  /// What gives this tensor's values in a backward function: makes them again where its node can, and
  /// keeps them elsewhere.
  var valuesForGradient: () -> Tensor {
    if let make = node?.remake { return make }
    let values = detached()
    return { values }
  }

  /// `recorded` for one operand.
  static func recorded(
    _ value: Tensor, from operand: Tensor, _ backward: @escaping (Tensor) -> Tensor?
  ) -> Tensor {
    guard let node = operand.node else { return value }
    var result = value
    result.node = Node(inputs: [node], backward: { [backward($0)] })
    return result
  }
}

/// Hands the gradient of the objective with respect to each of `leaves` to `receive`, with the leaf's index, as
/// soon as it is known; never for leaves that no result depends on. `upstream` are the gradients of the
/// objective with respect to the results, nil where it does not depend on one.
func backpropagate(
  from results: [Tensor], upstream: [Tensor?], to leaves: [Node], _ receive: (Int, Tensor) -> Void
) {
  for (result, gradient) in zip(results, upstream) {
    require(
      gradient == nil || gradient?.shape == result.shape,
      "gradient: the result has shape \(result.shape), its gradient \(gradient?.shape ?? [])")
  }
  let end = Node(inputs: results.map(\.node)) { _ in upstream.map { $0?.detached() } }
  Profiler.backward { backpropagate(from: end, to: leaves, receive) }
}

private func backpropagate(
  from end: Node, to leaves: [Node], _ receive: (Int, Tensor) -> Void
) {
  let places = Dictionary(
    uniqueKeysWithValues: leaves.enumerated().map { (ObjectIdentifier($1), $0) })
  // What the objective is a function of in the end has no gradient of its own.
  var gradients: [ObjectIdentifier: Tensor] = [ObjectIdentifier(end): .ones([])]
  for node in reverseTopologicalOrder(from: end) {
    guard let gradient = gradients.removeValue(forKey: ObjectIdentifier(node)) else { continue }
    // Whatever the leaf is an operand of has been gone through.
    if let place = places[ObjectIdentifier(node)] { receive(place, gradient) }
    for (input, part) in zip(node.inputs, node.takeGradients(gradient)) {
      guard let input, let part else { continue }
      let key = ObjectIdentifier(input)
      if var sum = gradients.removeValue(forKey: key) {
        if sum.dtype == .bfloat16 && part.dtype == .float32 {
          sum = part + sum  // the wider type, whichever came first
        } else {
          sum.accumulate(part)
        }
        gradients[key] = sum
      } else {
        gradients[key] = part
      }
    }
  }
}

/// Every node before its operands' nodes, without recursion.
private func reverseTopologicalOrder(from start: Node) -> [Node] {
  var finished: [Node] = []
  var seen: Set<ObjectIdentifier> = [ObjectIdentifier(start)]
  var stack: [(node: Node, next: Int)] = [(start, 0)]
  while let (node, next) = stack.last {
    if next == node.inputs.count {
      finished.append(node)
      stack.removeLast()
      continue
    }
    stack[stack.count - 1].next += 1
    if let input = node.inputs[next], seen.insert(ObjectIdentifier(input)).inserted {
      stack.append((input, 0))
    }
  }
  return finished.reversed()
}
