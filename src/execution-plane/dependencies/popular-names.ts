import type { PackageTool } from '#ports'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Names that look-alikes are made of: the best known packages of each ecosystem. Not a list of what is allowed. */
export const POPULAR_NAMES: Readonly<Record<PackageTool, readonly string[]>> = {
  npm: words(`
    react react-dom preact vue angular svelte next nuxt express koa fastify hapi lodash underscore axios node-fetch got
    request superagent commander yargs minimist chalk colors debug moment dayjs date-fns luxon uuid nanoid typescript
    babel-core webpack rollup vite esbuild eslint prettier jest mocha chai vitest sinon cypress playwright puppeteer
    jquery bootstrap tailwindcss postcss autoprefixer sass less styled-components redux mobx rxjs immer zod joi yup ajv
    mongoose mongodb mysql mysql2 sequelize typeorm knex prisma redis ioredis socket.io socket.io-client ws cors helmet
    body-parser cookie-parser cookie-session jsonwebtoken bcrypt bcryptjs passport dotenv cross-env rimraf glob fs-extra
    semver inquirer ora execa shelljs winston pino morgan nodemon ts-node concurrently husky lint-staged discord.js
    electron three d3 chart.js leaflet handlebars mustache ejs marked highlight.js graphql apollo-server event-stream
    left-pad classnames prop-types core-js regenerator-runtime tslib async bluebird ua-parser-js crypto-js web3 ethers`),
  pip: words(`
    requests urllib3 numpy pandas scipy matplotlib scikit-learn tensorflow keras torch torchvision django flask fastapi
    starlette uvicorn gunicorn sqlalchemy alembic psycopg2 psycopg2-binary pymongo redis celery boto3 botocore awscli
    pytest tox nose coverage black flake8 pylint mypy isort setuptools wheel pip virtualenv poetry click typer rich
    colorama tqdm pyyaml toml tomli jinja2 markupsafe werkzeug itsdangerous attrs pydantic marshmallow beautifulsoup4
    lxml selenium scrapy pillow opencv-python cryptography pycryptodome paramiko fabric ansible python-dateutil pytz
    simplejson protobuf grpcio httpx aiohttp websockets jsonschema packaging certifi idna chardet charset-normalizer six
    networkx sympy nltk spacy transformers openai langchain jupyter notebook ipython streamlit dash plotly seaborn discord.py`),
  maven: words(`
    org.springframework:spring-core org.springframework.boot:spring-boot-starter com.google.guava:guava
    org.apache.commons:commons-lang3 commons-io:commons-io com.fasterxml.jackson.core:jackson-databind
    org.slf4j:slf4j-api ch.qos.logback:logback-classic org.apache.logging.log4j:log4j-core junit:junit
    org.junit.jupiter:junit-jupiter org.mockito:mockito-core com.google.code.gson:gson org.projectlombok:lombok
    org.hibernate:hibernate-core mysql:mysql-connector-java org.postgresql:postgresql io.netty:netty-all
    com.squareup.okhttp3:okhttp org.assertj:assertj-core`),
  go: words(`
    github.com/gin-gonic/gin github.com/gorilla/mux github.com/spf13/cobra github.com/spf13/viper
    github.com/sirupsen/logrus github.com/stretchr/testify github.com/pkg/errors github.com/golang/protobuf
    google.golang.org/grpc go.uber.org/zap github.com/boltdb/bolt github.com/go-redis/redis github.com/lib/pq
    gorm.io/gorm github.com/labstack/echo golang.org/x/crypto golang.org/x/net golang.org/x/sync`),
  cargo: words(`
    serde serde_json serde_derive tokio hyper reqwest rand regex clap anyhow thiserror log env_logger tracing futures
    async-trait chrono lazy_static once_cell syn quote proc-macro2 libc bitflags itertools num-traits rayon crossbeam
    bytes uuid url base64 sha2 openssl rustls diesel sqlx actix-web axum rocket warp tower`),
}
