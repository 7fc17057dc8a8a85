import Foundation
import JEPA
import JEPAData
import JEPADensity
import JEPAEval
import JEPATensor
import JEPAViT

/// Asks a trained model questions whose answers can be looked at.
public struct DensityProbe<Head: DensityPredictor> {
  private let model: JEPAModel<Head>
  private let target: VisionTransformer
  private let bank: PatchBank
  /// Draws that plots are made of.
  private let draws: Int
  /// Draws that pictures are made of.
  private let pictures: Int
  /// Coordinates whose marginals are shown.
  private let coordinates: Int

  /// - Parameters:
  ///   - model: with its trained weights, in float32.
  ///   - target: the target encoder.
  ///   - dataset: training images, to find patches in.
  /// - Throws: what reading an image throws.
  public init(
    model: JEPAModel<Head>, target: VisionTransformer, dataset: any ImageDataset,
    draws: Int = 256, pictures: Int = 6, coordinates: Int = 3, bankPatches: Int = 16_384
  ) throws {
    require(
      draws >= max(2, pictures) && pictures >= 1,
      "DensityProbe: \(draws) draws, \(pictures) pictures")
    self.model = model
    self.target = target
    (self.draws, self.pictures, self.coordinates) = (draws, pictures, coordinates)
    let sizes = model.encoder.configuration
    bank = try PatchBank(
      dataset, side: sizes.imageHeight, grid: sizes.grid, target: target,
      transform: model.targetTransform, patches: bankPatches)
  }

  /// - Parameter random: of draws; the same for models that are compared.
  /// - Throws: `LinearAlgebraError` where a head's draws are not finite.
  public func answer(
    _ question: HiddenQuestion, using random: RandomSource
  ) throws -> DensityAnswer {
    let normalize = EvaluationTransform(
      height: question.image.height, width: question.image.width)
    let patches = question.hidden.count
    let outputs = target(Tensor.stacked(question.completions.map { normalize($0.image) })).tokens
    // Per completion, the rows of the hidden patches: [K, P, D] in the space that heads model.
    let rows = question.completions.indices.flatMap { completion in
      question.hidden.map { Int32(completion * question.grid.count) + $0 }
    }
    let transform = model.targetTransform
    let clean = transform.clean(outputs.gatherRows(rows))
    let modelled = transform.whitening?.whitened(clean) ?? clean
    let masks = question.masks
    let image = Tensor.stacked([normalize(question.image)])
    let prediction = model.predict(model.encode(image, masks: masks), masks: masks)
    var source = random.split("draws")
    let samples = prediction.sample(draws, using: &source)  // [S, P, D]
    var means = random.split("mean")
    let mean = prediction.mean(using: &means)  // [P, D]

    let width = samples.shape[2]
    let middle = question.middle
    let looked = samples.slice(axis: 1, middle..<middle + 1).reshaped([draws, width])
    let choices = modelled.gatherRows(question.completions.indices.map { $0 * patches + middle })
    func picture(_ wanted: Tensor) -> DensityAnswer.Picture {
      bank.picture(transform.inverse(wanted.cast(to: .float32)), of: question)
    }
    return DensityAnswer(
      marginals: marginals(looked, choices, question),
      plane: try plane(looked, choices, question),
      control: picture(
        modelled.slice(axis: 0, question.drawn * patches..<(question.drawn + 1) * patches)),
      mean: picture(mean),
      samples: (0..<pictures).map {
        picture(samples.slice(axis: 0, $0..<$0 + 1).reshaped([patches, width]))
      }, bankSize: bank.embeddings.shape[0])
  }

  /// Of the coordinates in which the completions differ most; where there is one, in which draws do.
  private func marginals(
    _ samples: Tensor, _ choices: Tensor, _ question: HiddenQuestion
  ) -> [DensityAnswer.Marginal] {
    let differing = question.isAmbiguous ? choices : samples
    let variances = differing.cast(to: .float64).variance(axis: 0).doubles()
    let order = variances.indices.sorted { (-variances[$0], $0) < (-variances[$1], $1) }
    return order.prefix(coordinates).map { coordinate in
      DensityAnswer.Marginal(
        coordinate: coordinate,
        samples: samples.slice(axis: 1, coordinate..<coordinate + 1).doubles(),
        completions: choices.slice(axis: 1, coordinate..<coordinate + 1).doubles())
    }
  }

  /// The plane in which completions and draws together vary most, each side with half the weight.
  private func plane(
    _ samples: Tensor, _ choices: Tensor, _ question: HiddenQuestion
  ) throws -> DensityAnswer.Plane {
    let probabilities = question.completions.map {
      $0.probability ?? 1 / Double(question.completions.count)
    }
    let (samples, choices) = (samples.cast(to: .float64), choices.cast(to: .float64))
    let plane = try PrincipalPlane(
      of: .concatenated([choices, samples], axis: 0),
      weights: probabilities + Array(repeating: 1 / Double(draws), count: draws))
    let total = samples.variance(axis: 0).sum().item()
    let flat = plane.project(samples)
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
    let inside = variance(flat.map(\.x)) + variance(flat.map(\.y))
    return DensityAnswer.Plane(
      samples: flat, completions: plane.project(choices),
      explained: total > 0 ? inside / total : 0)
  }
}
