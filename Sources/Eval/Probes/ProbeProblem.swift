import Foundation
import JEPATensor

/// Training rows made ready for a linear probe: standardised, with classes numbered without gaps.
struct ProbeProblem: Sendable {
  let standardizer: Standardizer
  /// [N, D], standardised.
  let features: Tensor
  /// The classes that occur, rising.
  let classes: [Int]
  /// For each row, the position of its class in `classes`.
  let outputs: [Int]

  init(_ data: LabeledFeatures, precision: DType) {
    standardizer = Standardizer(data.features)
    features = standardizer(data.features, dtype: precision)
    classes = Set(data.labels).sorted()
    let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    outputs = data.labels.compactMap { positions[$0] }
  }

  /// The optimum at each strength, each the start of the next, by L-BFGS along the features' principal axes.
  ///
  /// Features of encoders are so correlated that their condition number is 10⁵ and more: in their own
  /// coordinates 300 iterations end far from the optimum of a weak strength.
  ///
  /// - Throws: `LinearAlgebraError` where the features are not finite.
  func minimize(
    _ solver: LBFGS, strengths: [Double], start: [Double]?
  ) throws -> [ProbeSolution] {
    let axes = try PrincipalAxes(features)
    func objective(_ dtype: DType) -> SoftmaxRegression {
      SoftmaxRegression(
        features: axes.turned(features.cast(to: dtype)), labels: outputs,
        classCount: classes.count, strength: 0)
    }
    var current = objective(features.dtype)
    var isExact = features.dtype == .float64
    var point =
      start.map(axes.turned) ?? Array(repeating: 0, count: current.parameterCount)
    return strengths.map { strength in
      var iterations = 0
      func descend() -> LBFGS.Minimum {
        current.strength = strength
        let curvature = axes.curvature(
          variance: current.meanVariance(at: point), strength: strength, classes: classes.count)
        var solver = solver
        solver.maximumIterations -= iterations
        if !isExact { solver.rounding = 1e-7 }
        let minimum = solver.minimize(
          from: point, inverseCurvature: curvature.map { 1 / $0 },
          measure: { current.gap($0, curvature: curvature) }, { current($0) })
        point = minimum.point
        iterations += minimum.iterations
        return minimum
      }
      var minimum = descend()
      if !minimum.converged && !isExact && iterations < solver.maximumIterations {
        // Here the rounding of float32 hides any further descent.
        (current, isExact) = (objective(.float64), true)
        minimum = descend()
      }
      return ProbeSolution(
        problem: self, strength: strength, parameters: axes.restored(point),
        objective: minimum.value, gradientNorm: minimum.gradientNorm, gap: minimum.measure,
        iterations: iterations, converged: minimum.converged)
    }
  }

  /// Mini-batch AdamW from weights of 0, with a cosine learning rate.
  func descend(
    epochs: Int, batchSize: Int, learningRate: Double, weightDecay: Double,
    using random: RandomSource
  ) -> ProbeSolution {
    require(epochs > 0 && batchSize > 0, "AdamW probe: \(epochs) epochs of \(batchSize)")
    var layer = Linear(zeros: features.shape[1], classes.count, dtype: features.dtype)
    var optimizer = AdamW()
    let (count, batches) = (outputs.count, (outputs.count + batchSize - 1) / batchSize)
    var step = 0
    for epoch in 0..<epochs {
      var source = random.split(epoch)
      let order = source.permutation(count)
      for batch in 0..<batches {
        let rows = Array(order[batch * batchSize..<min((batch + 1) * batchSize, count)])
        let (x, y) = (features.gatherRows(rows), rows.map { outputs[$0] })
        let (_, gradients) = valueAndGradients(of: layer) { layer in
          let logits = layer(x)
          return (logits.logSumExp() - logits.gatherColumns(y)).mean()
        }
        let progress = Double(step) / Double(epochs * batches)
        optimizer.update(
          &layer, gradients: gradients,
          learningRate: learningRate * (1 + cos(.pi * progress)) / 2, weightDecay: weightDecay)
        step += 1
      }
    }
    let parameters = layer.weight.doubles() + (layer.bias?.doubles() ?? [])
    let objective = SoftmaxRegression(
      features: features, labels: outputs, classCount: classes.count, strength: 0)
    return ProbeSolution(
      problem: self, strength: weightDecay, parameters: parameters,
      objective: objective(parameters).value, gradientNorm: nil, gap: nil, iterations: step,
      converged: true)
  }
}

/// Parameters fitted to a problem with one strength.
struct ProbeSolution: Sendable {
  let problem: ProbeProblem
  let strength: Double
  /// W [C, D] and b [C], one after the other.
  let parameters: [Double]
  let objective: Double
  let gradientNorm: Double?
  /// At most so many nats is the objective above its minimum.
  let gap: Double?
  let iterations: Int
  let converged: Bool

  var classifier: LinearClassifier {
    let (classes, width) = (problem.classes.count, problem.features.shape[1])
    let split = classes * width
    return LinearClassifier(
      mean: problem.standardizer.mean, scale: problem.standardizer.scale,
      weight: Tensor(
        Array(parameters[..<split]), shape: [classes, width], dtype: problem.features.dtype),
      bias: Tensor(
        Array(parameters[split...]), shape: [classes], dtype: problem.features.dtype),
      classes: problem.classes)
  }

  /// Accuracy and loss on rows whose classes all occur in the problem.
  func trial(on heldOut: LabeledFeatures) -> LinearProbe.Trial {
    let positions = Dictionary(
      uniqueKeysWithValues: problem.classes.enumerated().map { ($1, $0) })
    let loss = SoftmaxRegression(
      features: problem.standardizer(heldOut.features, dtype: problem.features.dtype),
      labels: heldOut.labels.compactMap { positions[$0] }, classCount: problem.classes.count,
      strength: 0)
    return LinearProbe.Trial(
      strength: strength, heldOutTop1: classifier.accuracy(heldOut).top1,
      heldOutLoss: loss(parameters).value, converged: converged)
  }

  func fit(trials: [LinearProbe.Trial]) -> LinearProbe.Fit {
    LinearProbe.Fit(
      classifier: classifier, strength: strength, trials: trials, objective: objective,
      gradientNorm: gradientNorm, optimalityGap: gap, iterations: iterations, converged: converged)
  }
}
