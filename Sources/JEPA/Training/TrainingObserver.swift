import JEPADensity

/// Is told what a training does, with the model as it stands then.
///
/// ```swift
/// struct WeightNorm: TrainingObserver {
///   func finishedEpoch<Head: DensityPredictor>(_ epoch: Int, trainer: Trainer<Head>) {
///     print(epoch, trainer.model.encoder.namedParameters().map { $0.tensor.square().sum().item() }.reduce(0, +))
///   }
/// }
/// ```
///
/// What it throws ends the run; the last checkpoint stays. With several processes each tells its own observers, but of
/// checkpoints, which the first alone writes.
public protocol TrainingObserver: Sendable {
  /// After every step that was taken.
  func tookStep<Head: DensityPredictor>(
    _ progress: TrainingProgress, trainer: Trainer<Head>
  ) throws
  /// After the last step of an epoch, counted from 1, before its evaluation.
  func finishedEpoch<Head: DensityPredictor>(_ epoch: Int, trainer: Trainer<Head>) throws
  /// After an evaluation: its figures by column. Epoch 0 is before the first step.
  func evaluated<Head: DensityPredictor>(
    _ values: [String: Double], epoch: Int, trainer: Trainer<Head>
  ) throws
  /// After a checkpoint is whole on the disk.
  func saved<Head: DensityPredictor>(checkpoint path: String, trainer: Trainer<Head>) throws
}

extension TrainingObserver {
  public func tookStep<Head: DensityPredictor>(
    _ progress: TrainingProgress, trainer: Trainer<Head>
  ) throws {}
  public func finishedEpoch<Head: DensityPredictor>(
    _ epoch: Int, trainer: Trainer<Head>
  ) throws {}
  public func evaluated<Head: DensityPredictor>(
    _ values: [String: Double], epoch: Int, trainer: Trainer<Head>
  ) throws {}
  public func saved<Head: DensityPredictor>(
    checkpoint path: String, trainer: Trainer<Head>
  ) throws {}
}
