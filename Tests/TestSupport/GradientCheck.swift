import JEPATensor
import Testing

/// Compares reverse mode with central finite differences in float64, for every input of `function`.
///
/// The function's value may have any shape: it is contracted with fixed random weights. Up to `limit`
/// entries of each input are varied (all, where it has no more), chosen by a fixed seed.
///
/// - Parameters:
///   - inputs: float64 tensors, away from kinks by more than `step`.
///   - step: how far an entry is moved each way; differences have an error of order step².
///   - tolerance: the largest difference allowed, relative to the largest derivative of that input.
public func gradientCheck(
  at inputs: [Tensor], step: Double = 1e-5, tolerance: Double = 1e-7, limit: Int = 128,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ function: ([Tensor]) -> Tensor
) {
  for (index, input) in inputs.enumerated() where input.dtype != .float64 {
    Issue.record(
      "\(label): gradientCheck needs float64, input \(index) is \(input.dtype)",
      sourceLocation: sourceLocation)
    return
  }
  var random = RandomSource(seed: 20_240_601)
  let shape = function(inputs.map { $0.detached() }).shape
  let weights = Tensor.normal(shape, dtype: .float64, using: &random)
  let w = weights.doubles()
  let analytic = valueAndGradients(at: inputs, upstream: weights, function).gradients

  for (index, input) in inputs.enumerated() {
    let values = input.doubles()
    let entries = chosen(values.count, limit: limit, using: &random)
    let exact = analytic[index]?.doubles() ?? [Double](repeating: 0, count: values.count)
    if let gradient = analytic[index], gradient.shape != input.shape {
      Issue.record(
        "\(label): gradient of input \(index) has shape \(gradient.shape), not \(input.shape)",
        sourceLocation: sourceLocation)
      continue
    }
    let numeric = entries.map { entry in
      difference(step: step) { delta in
        var moved = values
        moved[entry] += delta
        var arguments = inputs
        arguments[index] = Tensor(moved, shape: input.shape)
        return contraction(function(arguments), w)
      }
    }
    report(
      "\(label): input \(index) \(input.shape)", entries, exact, numeric, tolerance, sourceLocation)
  }
}

/// Compares the gradients of `objective` (a tensor of one element) with central finite differences,
/// for every trained parameter of a float64 module.
public func gradientCheck<M: Module>(
  of module: M, step: Double = 1e-5, tolerance: Double = 1e-7, limit: Int = 16,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ objective: (M) -> Tensor
) {
  var random = RandomSource(seed: 20_240_602)
  let gradients = valueAndGradients(of: module, objective).gradients
  let parameters = Dictionary(
    module.namedParameters().map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
  for name in module.trainedNames() {
    guard let tensor = parameters[name], tensor.dtype == .float64 else {
      Issue.record(
        "\(label): gradientCheck needs float64, \(name) is not", sourceLocation: sourceLocation)
      continue
    }
    let values = tensor.doubles()
    let entries = chosen(values.count, limit: limit, using: &random)
    let exact = gradients[name]?.doubles() ?? [Double](repeating: 0, count: values.count)
    let numeric = entries.map { entry in
      difference(step: step) { delta in
        var copy = module
        copy.forEachParameter { path, parameter, _ in
          guard path == name else { return }
          var moved = values
          moved[entry] += delta
          parameter = Tensor(moved, shape: parameter.shape)
        }
        return objective(copy).item()
      }
    }
    report("\(label): \(name) \(tensor.shape)", entries, exact, numeric, tolerance, sourceLocation)
  }
}

private func chosen(_ count: Int, limit: Int, using random: inout RandomSource) -> [Int] {
  count <= limit ? Array(0..<count) : random.permutation(count).prefix(limit).sorted()
}

private func contraction(_ value: Tensor, _ weights: [Double]) -> Double {
  zip(value.doubles(), weights).reduce(0) { $0 + $1.0 * $1.1 }
}

private func difference(step: Double, _ function: (Double) -> Double) -> Double {
  (function(step) - function(-step)) / (2 * step)
}

private func report(
  _ label: String, _ entries: [Int], _ exact: [Double], _ numeric: [Double], _ tolerance: Double,
  _ sourceLocation: SourceLocation
) {
  // Where all derivatives vanish, what is left is the rounding of the differences.
  let largest = max(numeric.map { abs($0) }.max() ?? 0, exact.map { abs($0) }.max() ?? 0, 1e-2)
  var worst: (entry: Int, numeric: Double, error: Double) = (0, 0, -1)
  for (entry, slope) in zip(entries, numeric) {
    let error = abs(exact[entry] - slope)
    if error > worst.error || error.isNaN {
      worst = (entry, slope, error.isNaN ? .infinity : error)
    }
  }
  if worst.error > tolerance * largest {
    Issue.record(
      """
      \(label): gradient at entry \(worst.entry) is \(exact[worst.entry]), finite differences give \
      \(worst.numeric) (difference \(worst.error), allowed \(tolerance * largest))
      """, sourceLocation: sourceLocation)
  }
}
