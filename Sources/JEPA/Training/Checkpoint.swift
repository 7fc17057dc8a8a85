import Foundation
import JEPADensity
import JEPATensor
import JEPAViT

/// The whole state of a training run, in one safetensors file.
///
/// | tensors | |
/// |---|---|
/// | `encoder.*`, `predictor.*`, `head.*` | the trained model, under the reference's names |
/// | `target_encoder.*` | the moving average |
/// | `optimizer.SLOT.*` | the optimizer's state; AdamW's moments are `first` and `second` |
///
/// The metadata hold the step, the number of shards and the configuration. Whatever else a step needs
/// is a function of those, so a resumed run continues bit for bit. They also hold a CRC-32C of the whole
/// file, which ``verify(_:)`` compares.
public enum Checkpoint {
  static let format = "jepa-checkpoint-2"
  /// The form before there were checksums.
  static let uncheckedFormat = "jepa-checkpoint-1"

  /// Writes a run's state; the file appears whole or not at all.
  /// - Parameter notes: further metadata.
  /// - Throws: `SafetensorsError`, as for a full disk.
  public static func write<Head: DensityPredictor>(
    _ trainer: Trainer<Head>, configuration: TrainingConfiguration, notes: [String: String] = [:],
    to url: URL
  ) throws {
    var tensors = trainer.model.namedParameters()
    tensors += prefixed("target_encoder.", trainer.targetEncoder.namedParameters())
    for slot in type(of: trainer.optimizer).slots {
      let moments = trainer.optimizer.state.tensors[slot] ?? [:]
      tensors += moments.keys.sorted().compactMap { name in
        moments[name].map { ("optimizer.\(slot)." + name, $0) }
      }
    }
    let sizes = trainer.model.encoder.configuration
    let writer = try SafetensorsWriter(
      to: url,
      tensors: tensors.map {
        .init(name: $0.name, dtype: SafetensorsDType($0.tensor.dtype), shape: $0.tensor.shape)
      },
      metadata: [
        "format": format, "step": String(trainer.step),
        "optimizer": type(of: trainer.optimizer).name,
        "optimizer_step": String(trainer.optimizer.step), "shards": String(trainer.shards),
        "num_heads": String(sizes.heads), "image_height": String(sizes.imageHeight),
        "image_width": String(sizes.imageWidth), "layer_norm_eps": String(sizes.layerNormEpsilon),
        "config": configuration.yaml(),
      ].merging(notes) { $1 }, checksummed: true)
    for (name, tensor) in tensors { try writer.append(tensor, to: name) }
    try writer.finish()
  }

  private static func prefixed(
    _ prefix: String, _ tensors: [(name: String, tensor: Tensor)]
  ) -> [(name: String, tensor: Tensor)] {
    tensors.map { (prefix + $0.name, $0.tensor) }
  }

  /// Reads a checkpoint whole and compares its checksum; those of the form before there were checksums only
  /// have their layout checked.
  /// - Throws: `SafetensorsError` where the file is torn or changed.
  public static func verify(_ url: URL) throws {
    let file = try SafetensorsFile(url)
    try file.verifyChecksum()
    if file.metadata["format"] == format, !file.hasChecksum {
      throw SafetensorsError(file: url.path, reason: "is damaged: its checksum is missing")
    }
  }

  /// The number of shards a checkpoint's run cuts its batches into.
  /// - Throws: `SafetensorsError` where the file is no checkpoint.
  public static func shards(at url: URL) throws -> Int {
    try number("shards", in: SafetensorsFile(url))
  }

  /// Brings a trainer to the state in a file. Nothing is changed where that fails.
  /// - Throws: `SafetensorsError` or `ParameterLoadingError`, naming the file and what is wrong.
  public static func restore<Head: DensityPredictor>(
    _ trainer: inout Trainer<Head>, from url: URL
  ) throws {
    let file = try SafetensorsFile(url)
    let step = try number("step", in: file)
    let optimizerStep = try number("optimizer_step", in: file)
    let shards = try number("shards", in: file)
    guard max(shards, trainer.communicator.count) == trainer.shards else {
      throw SafetensorsError(
        file: url.path,
        reason: "its run cuts batches into \(shards) shards, this one into \(trainer.shards)")
    }
    var (model, targetEncoder) = (trainer.model, trainer.targetEncoder)
    try load(&model, &targetEncoder, from: file)
    var optimizer = trainer.optimizer
    let name = file.metadata["optimizer"] ?? AdamW.name
    guard name == type(of: optimizer).name else {
      throw SafetensorsError(
        file: url.path,
        reason:
          "its run is trained by \(name), this one by \(type(of: optimizer).name); give the run's own"
      )
    }
    var state = OptimizerState(step: optimizerStep)
    for slot in type(of: optimizer).slots {
      state.tensors[slot] = try moments("optimizer.\(slot).", of: model, in: file)
    }
    optimizer.state = state
    trainer.restore(model: model, targetEncoder: targetEncoder, optimizer: optimizer, step: step)
  }

  /// A model and its target encoder with the weights of a file, and the step that they are of.
  ///
  /// - Parameter model: of the file's sizes.
  /// - Throws: `SafetensorsError` or `ParameterLoadingError`, naming the file and what is wrong.
  public static func weights<Head: DensityPredictor>(
    for model: JEPAModel<Head>, from url: URL
  ) throws -> (model: JEPAModel<Head>, targetEncoder: VisionTransformer, step: Int) {
    let file = try SafetensorsFile(url)
    let step = try number("step", in: file)
    var (model, targetEncoder) = (model, model.encoder)
    try load(&model, &targetEncoder, from: file)
    return (model, targetEncoder, step)
  }

  private static func load<Head: DensityPredictor>(
    _ model: inout JEPAModel<Head>, _ targetEncoder: inout VisionTransformer,
    from file: SafetensorsFile
  ) throws {
    try model.load(tensors(of: model, prefix: "", in: file), from: file.url.path)
    try targetEncoder.load(
      tensors(of: targetEncoder, prefix: "target_encoder.", in: file), from: file.url.path)
  }

  private static func tensors<M: Module>(
    of module: M, prefix: String, in file: SafetensorsFile
  ) throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (name, _) in module.namedParameters() where file.contains(prefix + name) {
      result[name] = try file.tensor(named: prefix + name)
    }
    return result
  }

  /// A slot of the optimizer's state, each tensor of its parameter's shape. A parameter that has had no gradient has none.
  private static func moments<M: Module>(
    _ prefix: String, of module: M, in file: SafetensorsFile
  ) throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (name, parameter) in module.namedParameters() where file.contains(prefix + name) {
      let moment = try file.tensor(named: prefix + name, as: parameter.dtype)
      guard moment.shape == parameter.shape else {
        throw ParameterLoadingError.shape(
          name: prefix + name, expected: parameter.shape, actual: moment.shape,
          source: file.url.path)
      }
      result[name] = moment
    }
    return result
  }

  private static func number(_ key: String, in file: SafetensorsFile) throws -> Int {
    guard [format, uncheckedFormat].contains(file.metadata["format"]),
      let value = file.metadata[key].flatMap(Int.init), value >= (key == "shards" ? 1 : 0)
    else {
      throw SafetensorsError(
        file: file.url.path,
        reason: "it is not a training checkpoint (no \(key) in its metadata); "
          + "resume from a file in the run's checkpoints folder")
    }
    return value
  }
}
