import Foundation
import JEPADensity
import JEPATensor
import Testing

// Laws of losses and parameters.

extension HeadUnderTest {
  func expectShapes() {
    for (context, target) in [(3, 2), (3, 1), (0, 2), (0, 1), (2, 5)] {
      for dtype in [DType.float32, .float64] {
        let head = head(context: context, target: target, dtype: dtype)
        for rows in [5, 1, 0] {
          let prediction = head(normal([rows, context], "context", dtype: dtype))
          let y = normal([rows, target], "targets", dtype: dtype)
          let what: Comment = "\(label): \(context) → \(target), \(rows) rows, \(dtype)"
          var draws = RandomSource(seed: 2)
          let loss = prediction.loss(of: y, using: &draws)
          #expect(loss.shape == [rows] && loss.dtype == dtype, what)
          #expect(loss.isFinite, what)
          for count in [0, 1, 3] {
            let samples = prediction.sample(count, using: &draws)
            #expect(samples.shape == [count, rows, target] && samples.dtype == dtype, what)
            #expect(samples.isFinite, what)
          }
          let mean = prediction.mean(using: &draws)
          #expect(mean.shape == [rows, target] && mean.dtype == dtype && mean.isFinite, what)
          if let exact = prediction as? any ExactDensity {
            let density = exact.logDensity(of: y)
            #expect(density.shape == [rows] && density.dtype == dtype && density.isFinite, what)
          }
        }
      }
    }
  }

  func expectGradientsReachEveryParameter() {
    let head = head(context: 3, target: 4)
    expectEveryTensorIsWalked(head)
    let (context, y) = (normal([64, 3], "context"), normal([64, 4], "targets"))
    let gradients = valueAndGradients(of: head) { loss($0, context, y).mean() }.gradients
    for (name, tensor) in zip(gradients.names, gradients.tensors) where !unreached.contains(name) {
      #expect((tensor?.norm() ?? 0) > 0, "\(label): no gradient reaches \(name)")
    }
    let wrong = unreached.subtracting(gradients.names)
    #expect(wrong.isEmpty, "\(label): no trained tensors \(wrong)")
  }

  func expectGradientsAreDerivatives() {
    for (contextWidth, width) in [(3, 3), (2, 1)] {
      let head = head(context: contextWidth, target: width)
      let (context, y) = (normal([5, contextWidth], "context"), normal([5, width], "targets"))
      let weights = normal([5], "weights")
      gradientCheck(of: head, tolerance: gradientTolerance, limit: 6, label) {
        (loss($0, context, y) * weights).sum()
      }
      gradientCheck(at: [context], tolerance: gradientTolerance, label + ", context") {
        loss(head, $0[0], y)
      }
    }
  }

  func expectRowsAreIndependent() {
    let head = head(context: 3, target: 4)
    let (context, y) = (normal([9, 3], "context"), normal([9, 4], "targets"))
    let order = [7, 2, 4]
    if Head.Prediction.self is any ExactDensity.Type {
      guard let all = logDensity(head(context), of: y),
        let part = logDensity(head(context.gatherRows(order)), of: y.gatherRows(order))
      else { return }
      let expected = all.expanded(axis: 1).gatherRows(order).reshaped([3])
      expectClose(part, expected, absolute: 1e-11, relative: 1e-11, "\(label): some rows alone")
    }
    // What the last row is must not show in the others, even where it is not a number.
    let first = 0..<8
    let spoilt = Tensor.concatenated(
      [context.slice(axis: 0, first), .full([1, 3], .nan, dtype: .float64)], axis: 0)
    let strange = Tensor.concatenated(
      [y.slice(axis: 0, first), .full([1, 4], 1e4, dtype: .float64)], axis: 0)
    expectClose(
      loss(head, spoilt, strange).slice(axis: 0, first),
      loss(head, context, y).slice(axis: 0, first), absolute: 1e-11, relative: 1e-11,
      "\(label): beside a row of NaN")
  }

  func expectRobustLosses() {
    let context = normal([16, 3], "context", dtype: .float32)
    let ordinary = normal([16, 4], "targets", dtype: .float32)
    for (name, y) in [
      ("100 deviations away", ordinary * 100), ("all 100", .full([16, 4], 100)),
      ("constant", .full([16, 4], 0.5)), ("zeros", .zeros([16, 4])),
    ] {
      for perturbed in [true, false] {
        var random = RandomSource(seed: 1)
        let head =
          perturbed
          ? head(context: 3, target: 4, dtype: .float32) : make(3, 4, .float32, &random)
        let (value, gradients) = valueAndGradients(of: head) { loss($0, context, y).mean() }
        #expect(value.isFinite, "\(label): targets \(name) give the loss \(value)")
        let spoilt = gradients.firstNotFinite
        #expect(spoilt == nil, "\(label): targets \(name) give \(spoilt ?? "") such a gradient")
      }
    }
    let nothing = valueAndGradients(of: head(context: 3, target: 4, dtype: .float32)) {
      loss($0, .zeros([0, 3]), .zeros([0, 4])).sum()
    }
    #expect(
      nothing.value.item() == 0 && nothing.gradients.firstNotFinite == nil, "\(label): no rows")
    expectTrainsOnConstantTargets(context)
  }

  private func expectTrainsOnConstantTargets(_ context: Tensor) {
    var random = RandomSource(seed: 1)
    var head = make(3, 4, .float32, &random)
    var optimizer = AdamW()
    let y = Tensor.full([16, 4], 0.5)
    for step in 0..<200 {
      let (value, gradients) = valueAndGradients(of: head) { loss($0, context, y).mean() }
      guard value.isFinite, gradients.firstNotFinite == nil else {
        Issue.record(
          "\(label): on constant targets, step \(step): loss \(value), gradient of \(gradients.firstNotFinite ?? "nothing") not finite"
        )
        return
      }
      optimizer.update(
        &head, gradients: gradients, learningRate: 1e-2, weightDecay: 0, gradientScale: 1)
    }
  }

  func expectPrecisionsAgree() {
    let exact = head(context: 3, target: 4, dtype: .float64)
    let single = exact.cast(to: .float32)
    let (context, y) = (normal([32, 3], "context"), normal([32, 4], "targets"))
    let expected = loss(exact, context, y)
    let actual = loss(single, context.cast(to: .float32), y.cast(to: .float32))
    expectClose(
      actual, expected, absolute: precisionTolerance, relative: precisionTolerance,
      "\(label): loss")
    let slope = valueAndGradients(of: exact) { loss($0, context, y).mean() }.gradients
    let coarse = valueAndGradients(of: single) {
      loss($0, context.cast(to: .float32), y.cast(to: .float32)).mean()
    }.gradients
    for name in slope.names {
      guard let a = coarse[name], let b = slope[name] else { continue }
      expectClose(
        a, b, ofLargest: 20 * precisionTolerance, atLeast: 1e-2, "\(label): gradient of \(name)")
    }
  }

  func expectMixedPrecision() {
    let exact = head(context: 8, target: 4, dtype: .float32)
    let mixed = exact.matrices(in: .bfloat16)
    let context = normal([64, 8], "context", dtype: .float32)
    let y = normal([64, 4], "targets", dtype: .float32)
    let expected = loss(exact, context, y).mean().item()
    for input in [context, context.cast(to: .bfloat16)] {
      let actual = loss(mixed, input, y)
      #expect(actual.dtype == .float32, "\(label): loss in \(actual.dtype)")
      let error = abs(actual.mean().item() - expected)
      #expect(
        error <= bfloat16Tolerance * (1 + abs(expected)),
        "\(label): mean loss \(actual.mean().item()) in bfloat16, \(expected) in float32")
    }
    let gradients = valueAndGradients(of: mixed) { loss($0, context, y).mean() }.gradients
    #expect(gradients.firstNotFinite == nil, "\(label): gradients in bfloat16")
    var draws = RandomSource(seed: 3)
    #expect(mixed(context).sample(2, using: &draws).dtype == .float32, "\(label): samples")
  }

  func expectSurvivesSaving() throws {
    let original = head(context: 3, target: 4, dtype: .float32)
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try Safetensors.write(
      tensors: original.namedParameters().map { ($0.name, $0.tensor) }, to: file)
    var random = RandomSource(seed: 999)
    var other = make(3, 4, .float32, &random)
    try other.load(try SafetensorsFile(file).tensors(), from: "the file")
    let context = normal([6, 3], "context", dtype: .float32)
    let y = normal([6, 4], "targets", dtype: .float32)
    expectSameBits(loss(other, context, y), loss(original, context, y), "\(label): loss")
    var (a, b) = (RandomSource(seed: 4), RandomSource(seed: 4))
    expectSameBits(
      other(context).sample(3, using: &a), original(context).sample(3, using: &b),
      "\(label): samples")
  }
}
