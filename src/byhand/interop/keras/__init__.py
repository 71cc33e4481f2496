"""Networks to and from Keras: `.keras`, `.weights.h5` and the `.h5` of older versions."""

from byhand.interop.keras.reading import load_keras as load_keras
from byhand.interop.keras.writing import save_keras as save_keras
