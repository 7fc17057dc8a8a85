import JEPAHeads

/// How a head is trained on a table, by the keys of `--set`.
struct TableTraining: HeadOptions {
  var settings = DensityFitSettings()
  /// Nil where it is to be chosen.
  var whitening: Bool?

  init() {}

  init(_ settings: DensityFitSettings) { self.settings = settings }

  static let fields: [ConfigurationField<Self>] = [
    .init("epochs", \.settings.epochs, .atLeast(1), "most passes over the training rows"),
    .init("batch_size", \.settings.batchSize, .atLeast(1), "rows a step"),
    .init("learning_rate", \.settings.learningRate, .above(0), "highest learning rate"),
    .init("final_learning_rate", \.settings.finalLearningRate, .atLeast(0), "at the end"),
    .init("warm_up_epochs", \.settings.warmUpEpochs, .atLeast(0), "epochs of linear rise"),
    .init("weight_decay", \.settings.weightDecay, .atLeast(0), "decoupled, on matrices"),
    .init("noise", \.settings.noise, .atLeast(0), "deviation of the noise of training"),
    .init("whitening", \.whitening, nil, "whether targets are whitened by the full Gaussian"),
    .init("patience", \.settings.patience, .atLeast(0), "epochs without a better validation"),
    .init("gradient_clip", \.settings.gradientClip, .atLeast(0), "largest norm; 0: no limit"),
    .init("averaging", \.settings.averaging, .belowOne, "momentum of the weights' average"),
  ]
}
