// `import JEPA` brings the layers a model is built from.
@_exported import JEPAConfiguration
@_exported import JEPADensity
@_exported import JEPADistributed
@_exported import JEPATensor
@_exported import JEPAViT
