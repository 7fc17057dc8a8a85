/// `optimization`: AdamW and its schedules.
public struct OptimizationConfiguration: ConfigurationSection {
  /// Largest norm of the gradient of all parameters together; `nil` does not clip.
  public var clipGrad: Double?
  /// Weight of `VarianceCovariance`'s covariance term.
  public var covarianceWeight = 0.0
  /// Probability that the encoder's last block is skipped; rises linearly from 0 at the first.
  public var dropPath = 0.0
  /// Momentum of the target encoder, linear in the step.
  public var ema = Endpoints(start: 0.996, end: 1.0)
  /// Passes over the training images.
  public var epochs = 300
  /// Learning rate at the end of the cosine.
  public var finalLR = 1e-6
  /// Weight decay at the end of the cosine.
  public var finalWeightDecay = 0.4
  /// Stretches the schedules beyond the last epoch by this factor.
  public var ipeScale = 1.0
  /// Weight of the head's loss beside the regulariser's terms. A likelihood in nats a target grows with
  /// the targets' dimensions; 1 over their number brings it to the scale of the others.
  public var lossWeight = 1.0
  /// Learning rate after warm-up.
  public var lr = 1e-3
  /// What moves the parameters.
  public var optimizer = OptimizerKind.adamw
  /// Learning rate at the first step.
  public var startLR = 2e-4
  /// Weight of `VarianceCovariance`'s variance term.
  public var varianceWeight = 0.0
  /// Epochs of linear warm-up.
  public var warmup = 40.0
  /// Weight decay at the first step.
  public var weightDecay = 0.04

  /// The defaults.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init(
      "clip_grad", \.clipGrad, .present(.above(0)),
      "largest norm of the whole gradient; null does not clip"),
    .init(
      "covariance_weight", \.covarianceWeight, .atLeast(0),
      "weight of the covariance of the context's tokens, against collapse"),
    .init(
      "drop_path", \.dropPath, .belowOne,
      "probability that the encoder's last block is skipped; rises linearly from 0"),
    .init("ema", \.ema, .unitInterval, "momentum of the target encoder, first and last step"),
    .init("epochs", \.epochs, .within(1...1_000_000), "passes over the training images"),
    .init("final_lr", \.finalLR, .atLeast(0), "learning rate at the end of the cosine"),
    .init("final_weight_decay", \.finalWeightDecay, .atLeast(0), "weight decay at the end"),
    .init("ipe_scale", \.ipeScale, .within(1e-3...1e3), "stretches the schedules by this factor"),
    .init(
      "loss_weight", \.lossWeight, .above(0),
      "weight of the head's loss; 1 over the targets' dimensions for likelihoods in nats"),
    .init("lr", \.lr, .atLeast(0), "learning rate after warm-up"),
    .init(
      "optimizer", \.optimizer, nil,
      "what moves the parameters; lion wants an lr 3 to 10 times smaller, and as much more decay"),
    .init("start_lr", \.startLR, .atLeast(0), "learning rate at the first step"),
    .init(
      "variance_weight", \.varianceWeight, .atLeast(0),
      "weight of the missing variance of the context's tokens, against collapse"),
    .init("warmup", \.warmup, .atLeast(0), "epochs of linear warm-up"),
    .init("weight_decay", \.weightDecay, .atLeast(0), "weight decay at the first step"),
  ]
}
