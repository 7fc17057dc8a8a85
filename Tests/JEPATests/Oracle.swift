import Foundation
import JEPA
import JEPAPoint
import Testing

/// A recorded run of the reference implementation: `trajectory.json` and `trajectory.safetensors`.
struct Oracle {
  struct Header: Decodable {
    let imageSize: Int
    let patchSize: Int
    let embedDim: Int
    let depth: Int
    let numHeads: Int
    let predictorDim: Int
    let predictorDepth: Int
    let steps: Int
    let iterationsPerEpoch: Int
    let epochs: Int
    let warmupEpochs: Double
    let ipeScale: Double
    let startLR: Double
    let lr: Double
    let finalLR: Double
    let weightDecay: Double
    let finalWeightDecay: Double
    let ema: [Double]
    let betas: [Double]
    let adamEpsilon: Double
    let layerNormEpsilon: Double
    let targetLayerNormEpsilon: Double
    let losses64: [Double]
    let learningRates: [Double]
    let weightDecays: [Double]
    let momenta: [Double]

    enum CodingKeys: String, CodingKey {
      case imageSize = "image_size"
      case patchSize = "patch_size"
      case embedDim = "embed_dim"
      case depth
      case numHeads = "num_heads"
      case predictorDim = "predictor_dim"
      case predictorDepth = "predictor_depth"
      case steps
      case iterationsPerEpoch = "iterations_per_epoch"
      case epochs
      case warmupEpochs = "warmup_epochs"
      case ipeScale = "ipe_scale"
      case startLR = "start_lr"
      case lr
      case finalLR = "final_lr"
      case weightDecay = "weight_decay"
      case finalWeightDecay = "final_weight_decay"
      case ema
      case betas = "adamw_betas"
      case adamEpsilon = "adamw_eps"
      case layerNormEpsilon = "layer_norm_eps"
      case targetLayerNormEpsilon = "target_layer_norm_eps"
      case losses64 = "loss_f64"
      case learningRates = "lr_at_step"
      case weightDecays = "wd_at_step"
      case momenta = "ema_at_step"
    }
  }

  let name: String
  let header: Header
  let file: SafetensorsFile

  init(_ folder: URL) throws {
    name = folder.lastPathComponent
    header = try JSONDecoder().decode(
      Header.self, from: Data(contentsOf: folder.appendingPathComponent("trajectory.json")))
    file = try SafetensorsFile(folder.appendingPathComponent("trajectory.safetensors"))
  }

  /// `$JEPA_SHARED/oracles`, or `../shared/oracles` beside the package.
  static let root: URL = {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["JEPA_SHARED"].map { URL(filePath: $0) }
      ?? package.appendingPathComponent("../shared").standardizedFileURL
    return shared.appendingPathComponent("oracles").resolvingSymlinksInPath()
  }()

  static func folders() -> [URL] {
    let entries =
      (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil))
      ?? []
    return entries.filter {
      FileManager.default.fileExists(
        atPath: $0.appendingPathComponent("trajectory.json").path)
    }.sorted { $0.path < $1.path }
  }

  /// The reference's name of one of our parameters: its last projection is our head.
  static func referenceName(_ name: String) -> String {
    name.hasPrefix("head.proj.")
      ? "predictor.predictor_proj." + name.dropFirst("head.proj.".count) : name
  }

  func trainer(dtype: DType, computeType: DType? = nil) throws -> Trainer<PointHead> {
    var random = RandomSource(seed: 0)
    var sizes = VisionTransformerConfiguration(
      patchSize: header.patchSize, imageHeight: header.imageSize, imageWidth: header.imageSize,
      embedDimensions: header.embedDim, depth: header.depth, heads: header.numHeads)
    sizes.layerNormEpsilon = header.layerNormEpsilon
    let hidden = try file.shape(of: "init.encoder.blocks.0.mlp.fc1.weight")[0]
    sizes.mlpRatio = Double(hidden) / Double(header.embedDim)
    let predictorHidden =
      try file.shape(of: "init.predictor.predictor_blocks.0.mlp.fc1.weight")[0]
    var model = JEPAModel(
      encoder: VisionTransformer(sizes, dtype: dtype, using: &random),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: header.embedDim, dimensions: header.predictorDim,
        depth: header.predictorDepth, heads: header.numHeads,
        mlpRatio: Double(predictorHidden) / Double(header.predictorDim),
        layerNormEpsilon: header.layerNormEpsilon, dtype: dtype, using: &random),
      head: PointHead(
        contextDimensions: header.predictorDim, targetDimensions: header.embedDim, dtype: dtype,
        using: &random))
    model.targetTransform.epsilon = header.targetLayerNormEpsilon
    var weights: [String: Tensor] = [:]
    for (name, _) in model.namedParameters() {
      weights[name] = try file.tensor(named: "init." + Self.referenceName(name))
    }
    try model.load(weights, from: "\(name)/trajectory.safetensors")
    var optimizer = AdamW()
    optimizer.beta1 = header.betas[0]
    optimizer.beta2 = header.betas[1]
    optimizer.epsilon = header.adamEpsilon
    return Trainer(
      model: model, computeType: computeType ?? dtype, shards: 2, random: random,
      optimizer: optimizer)
  }

  func batch(_ step: Int) throws -> (Tensor, MaskBatch) {
    let images = try file.tensor(named: "batch\(step).images")
    return (
      images,
      try MaskBatch(
        file, contexts: "batch\(step).context_indices", targets: "batch\(step).target_indices")
    )
  }

  func step(_ trainer: inout Trainer<PointHead>, _ step: Int) throws -> StepReport {
    let (images, masks) = try batch(step)
    return try trainer.train(
      images, masks: masks,
      settings: StepSettings(
        learningRate: header.learningRates[step], weightDecay: header.weightDecays[step],
        momentum: header.momenta[step]))
  }

  /// Compares with a recorded tensor, relative to that tensor's largest entry.
  func expect(_ tensor: Tensor, _ recorded: String, within tolerance: Double) {
    guard let reference = try? file.tensor(named: recorded, as: .float64).doubles() else {
      Issue.record("\(name): \(recorded) is missing")
      return
    }
    let values = tensor.doubles()
    guard values.count == reference.count else {
      Issue.record("\(name): \(recorded) has \(reference.count) values, ours \(values.count)")
      return
    }
    let scale = reference.reduce(0) { max($0, abs($1)) }
    let worst = zip(values, reference).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(
      worst <= tolerance * scale,
      "\(name): \(recorded) differs by \(worst / scale) of its largest entry")
  }

  func checkFinalWeights(_ trainer: Trainer<PointHead>, tolerance: Double) throws {
    for (name, tensor) in trainer.model.namedParameters() {
      expect(tensor, "final." + Self.referenceName(name), within: tolerance)
    }
    for (name, tensor) in trainer.targetEncoder.namedParameters() {
      expect(tensor, "final.target_encoder." + name, within: tolerance)
    }
  }
}
